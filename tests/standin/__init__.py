"""A stand-in for the services that flows call: OpenAI's and Anthropic's wire protocols and a small JSON API.

Nothing in here is a model. Answers are worked out from the prompt by rules, the same for the same prompt, so that
examples and tests run with the real SDKs, without keys and without a network.
"""
