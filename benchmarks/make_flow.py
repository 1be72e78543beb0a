"""Flows of any size for the benchmarks of the compiler: mixed node types, every node different from the others.

`python benchmarks/make_flow.py 1000 > flow.yaml`. The same number gives the same flow on any machine.
"""

import random
import sys

HEAD = """catalyst: 1
name: made_{nodes}
description: A flow of {nodes} nodes for the benchmarks.

types:
  Order: {{id: string, amount: number, lines: integer}}

input:
  query: {{type: string, min_length: 2}}
  limit: {{type: integer, default: 20, maximum: 50}}
  orders: Order[]

vars: {{region: europe, factor: 3}}

nodes:
"""
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "iris", "juniper", "kelp", "lotus")


def make_flow(nodes: int) -> str:
    """The YAML of a flow with `nodes` nodes; those inside of others count too."""
    chance = random.Random(nodes)
    lines = [HEAD.format(nodes=nodes)]
    texts, numbers = ["input.query"], ["input.limit"]
    made = 0
    while made < nodes:
        text, number = chance.choice(texts[-12:]), chance.choice(numbers[-12:])
        name = f"{chance.choice(WORDS)}_{made}"
        kind = _KINDS[made % len(_KINDS)] if nodes - made >= 4 else _text
        source, size, gives_text = kind(name, made, text, number, chance)
        lines.append(source)
        made += size
        (texts if gives_text else numbers).append(f"nodes.{name}.output")
    lines.append(f'output:\n  text: "{{{{ {texts[-1]} }}}}"\n  number: "{{{{ {numbers[-1]} }}}}"\n')
    return "".join(lines)


Made = tuple[str, int, bool]


def _text(name: str, made: int, text: str, number: str, chance: random.Random) -> Made:
    word = chance.choice(WORDS)
    hole = "{{ " + text + " | upper }} and {{ " + number + " + " + str(made) + " }}"
    return f'  {name}:\n    type: template\n    with: {{text: "{word} {made}: {hole}"}}\n', 1, True


def _number(name: str, made: int, text: str, number: str, chance: random.Random) -> Made:
    value = "{{ (" + number + f" + {made}) % {chance.randint(3, 99)} + ({text} | length) }}}}"
    return f'  {name}:\n    type: set\n    with: {{value: "{value}"}}\n', 1, False


def _sum(name: str, made: int, text: str, number: str, chance: random.Random) -> Made:
    value = f"{{{{ (input.orders | filter(o => o.lines > {chance.randint(1, 9)}) | length) + {number} }}}}"
    return f'  {name}:\n    type: set\n    with: {{value: "{value}"}}\n', 1, False


def _switch(name: str, made: int, text: str, number: str, chance: random.Random) -> Made:
    return (
        f'  {name}:\n    type: switch\n    cases:\n      - when: "{{{{ {number} > {made} }}}}"\n        do:\n'
        f'          {name}_high: {{type: template, with: {{text: "high {{{{ {text} }}}}"}}}}\n'
        f'    default:\n      {name}_low: {{type: template, with: {{text: "low {made} {{{{ {text} | trim }}}}"}}}}\n',
        3,
        True,
    )


def _http(name: str, made: int, text: str, number: str, chance: random.Random) -> Made:
    word = chance.choice(WORDS)
    return (
        f"  {name}:\n    type: http\n    with:\n      url: https://api.example.com/{word}/{made}\n"
        f'      params: {{q: "{{{{ {text} }}}}", n: "{{{{ {number} }}}}"}}\n      response: text\n'
        f'    on_error: {{default: "{word}"}}\n',
        1,
        True,
    )


def _map(name: str, made: int, text: str, number: str, chance: random.Random) -> Made:
    return (
        f'  {name}_each:\n    type: map\n    over: "{{{{ input.orders }}}}"\n    as: order\n    do:\n'
        f"      {name}_line: {{type: template, with: {{text: "
        f'"{{{{ order.id }}}} {made} {{{{ order.amount * {chance.randint(2, 9)} }}}}"}}}}\n'
        f"  {name}:\n    type: set\n    with: {{value: \"{{{{ nodes.{name}_each.output | join(' ') }}}}\"}}\n",
        3,
        True,
    )


_KINDS = (_text, _number, _http, _sum, _switch, _text, _map, _number)


if __name__ == "__main__":
    sys.stdout.write(make_flow(int(sys.argv[1])))
