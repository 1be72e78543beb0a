"""The node types of the editor: what each becomes, and what has no equivalent yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalyst.spec.visual import types_data, types_flow, types_io
from catalyst.spec.visual.step import Draft, Step

Translate = Callable[[Step], Draft]

GENERIC = "catalyst"
"""The type that holds a node of the flow language word for word."""

DRAWN = "drawn"
"""Key of a node's `catalyst` map: edges into it are only drawn, its own `if` and `needs` say when it runs."""

TRANSLATIONS: Mapping[str, Translate] = {
    "aggregate": types_flow.aggregate,
    "anthropicCompletion": types_io.anthropic_completion,
    "azureOpenaiCompletion": types_io.azure_completion,
    GENERIC: types_flow.raw_node,
    "condition": types_flow.condition,
    "conferenceContext": types_data.conference_context,
    "confidenceScore": types_data.confidence_score,
    "cryptoGenerate": types_data.crypto_generate,
    "delay": types_io.delay,
    "earlyReturn": types_flow.early_return,
    "editFields": types_data.edit_fields,
    "errorHandler": types_flow.error_handler,
    "executionData": types_data.execution_data,
    "filterArray": types_data.filter_array,
    "globalVariable": types_data.global_variable,
    "groqCompletion": types_io.groq_completion,
    "httpRequest": types_io.http_request,
    "jsonTransform": types_data.json_transform,
    "log": types_io.log,
    "loop": types_flow.loop,
    "mapArray": types_data.map_array,
    "metrics": types_io.metrics,
    "openaiCompletion": types_io.openai_completion,
    "parallel": types_flow.parallel,
    "postgresQuery": types_io.postgres_query,
    "promptTemplate": types_io.prompt_template,
    "pythonFunction": types_data.python_function,
    "retry": types_flow.retry,
    "reduceArray": types_data.reduce_array,
    "splitArray": types_data.split_array,
    "switch": types_flow.switch,
    "webhookSend": types_io.webhook_send,
    "workflowCall": types_io.workflow_call,
}

NOT_YET: Mapping[str, str] = {
    "agenticToolCall": "an agent node",
    "directusQuery": "a preset of `httpRequest`; call its REST address with `httpRequest`",
    "directusSDK": "a preset of `httpRequest`; call its REST address with `httpRequest`",
    "embeddingGenerate": "an embedding node; call the provider with `httpRequest`",
    "gmailOperation": "an e-mail node; call its REST address with `httpRequest`",
    "graphqlMutation": "a GraphQL node; POST `{query, variables}` with `httpRequest`",
    "graphqlQuery": "a GraphQL node; POST `{query, variables}` with `httpRequest`",
    "llmRouter": "an `llm` with routes; use `switch` and one completion for each case",
    "qdrantPayload": "a vector node; call its REST address with `httpRequest`",
    "qdrantScroll": "a vector node; call its REST address with `httpRequest`",
    "qdrantSearch": "a vector node; call its REST address with `httpRequest`",
    "qdrantUpsert": "a vector node; call its REST address with `httpRequest`",
    "rateLimit": "a rate limit inside a flow; the trigger has `rateLimit`",
    "redisOperation": "a Redis node; nodes have `cache`",
    "resultDedup": "a node for duplicates; use `unique('id')` in an `editFields` node",
    "streamBuffer": "events of its own; `stream: true` on the output sends tokens and results",
    "streamChunk": "events of its own; `stream: true` on the output sends tokens and results",
    "streamEnd": "events of its own; `stream: true` on the output sends tokens and results",
    "streamMerge": "events of its own; `stream: true` on the output sends tokens and results",
    "streamStart": "events of its own; `stream: true` on the output sends tokens and results",
    "validate": "a node for schemas; `input` validates what comes from outside",
}
"""Types with no equivalent -> what it would take, and what to use until then."""

REFUSED: Mapping[str, str] = {"javascriptFunction": "the built project is Python and never runs text as code"}
REFUSED_HELP = "write the same as a `pythonFunction`, or as expressions in an `editFields` node"

TRIED = "errorHandler with children"
"""What guards call an error handler that holds the nodes that may fail: how it ended says which way the run goes."""

HANDLES: Mapping[str, tuple[str, ...]] = {
    "condition": ("true", "false"),
    "errorHandler": ("success", "error"),
    TRIED: ("success", "error"),
}
"""Handles that decide which way the run goes; the value of each is in `HANDLE_VALUES`."""

HANDLE_VALUES: Mapping[str, str] = {"true": "true", "false": "false", "success": "true", "error": "false"}

HANDLE_STATUS: Mapping[str, str] = {"success": "ok", "error": "error"}
"""Handle of a `TRIED` node -> the status that it asks for."""

PLAIN_HANDLES = frozenset({"output", "out", "source", "default", "main", "body", "item", "done", "loop"})
"""Names of a handle that only means "what comes out"."""

ALL_TYPES = sorted({*TRANSLATIONS, *NOT_YET, *REFUSED})
