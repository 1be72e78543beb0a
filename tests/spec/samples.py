"""Flow texts that several tests of this folder start from."""

FLOW = """\
catalyst: 1
name: conference_search
description: Find people worth meeting.

triggers:
  - http: {method: POST, path: /api/v1/search, auth: api_key, rate_limit: 100/minute}
  - schedule: {cron: "0 6 * * *", timezone: Europe/Madrid, input: {query: daily digest}}

input:
  query: {type: string, min_length: 2, description: Free-text question}
  limit: {type: integer, default: 20, maximum: 50}
  tags: {type: "string[]?", default: null}

types:
  Verdict: {score: number, reason: string}

vars: {model: claude-sonnet-4-6}
secrets: [ANTHROPIC_API_KEY, API_KEY]
env: {CRM_URL: "http://127.0.0.1:9002"}

defaults:
  timeout: 10s
  retry: {max_attempts: 3, backoff: exponential, delay: 200ms, errors: [timeout, 429, 5xx]}

nodes:
  people:                       # reads only input
    type: map
    over: "{{ input.tags ?? [] }}"
    as: tag
    do:
      profile:
        type: http
        with: {url: "{{ env.CRM_URL }}/people/{{ tag }}"}
        on_error: {default: null}
  judge:
    type: llm
    if: "{{ nodes.people.output | length > 0 }}"
    with:
      output: Verdict
      prompt: |
        Rate these for {{ input.query }}:
          {{ nodes.people.output | json }}
    cache: {ttl: 24h, key: '{{ input.query }} it''s'}
  note:
    type: set
    needs: [judge]
    timeout: none
    with: {value: "a\\tb {{ vars.model }}"}

output:
  text: {type: string, value: "{{ nodes.note.output }}", stream: true}
  verdict: {type: Verdict?, value: "{{ nodes.judge.output }}"}
settings: {timeout: 1m, cors: {origins: "*"}, max_body: 1MB}
"""


def flow_with(**sections: str) -> str:
    """A small flow; each section is the YAML text behind its key."""
    parts = {"catalyst": "1", "name": "small", "nodes": "{a: {type: set, with: {value: 1}}}"} | sections
    return "".join(f"{key}: {text}\n" for key, text in parts.items())
