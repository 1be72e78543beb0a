"""A build again after little has changed: what the last build left behind, and how it is used.

Why the result is that of a whole build, in short (in full in `docs/passes.md`): only the text of some nodes of the flow
differs (`cut`); each of them is built twice, as it was and as it is, in the same surroundings, by the passes that build
everything (`node`); nothing that anything else of the project could see may differ between the two; and what the old
text gives must stand in the kept project, letter by letter, exactly once (`place`). Where any of this is not so,
everything is built.
"""
