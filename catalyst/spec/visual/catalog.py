"""The node types of the editor: what each becomes, and what has no equivalent yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalyst.spec.visual import types_data, types_flow, types_io, types_models, types_retry, types_store, types_stream
from catalyst.spec.visual.step import Draft, Step

Translate = Callable[[Step], Draft]

GENERIC = "catalyst"
"""The type that holds a node of the flow language word for word."""

DRAWN = "drawn"
"""Key of a node's `catalyst` map: edges into it are only drawn, its own `if` and `needs` say when it runs."""

TRANSLATIONS: Mapping[str, Translate] = {
    "agenticToolCall": types_models.agentic_tool_call,
    "aggregate": types_flow.aggregate,
    "anthropicCompletion": types_models.anthropic_completion,
    "azureOpenaiCompletion": types_models.azure_completion,
    GENERIC: types_flow.raw_node,
    "condition": types_flow.condition,
    "conferenceContext": types_data.conference_context,
    "confidenceScore": types_data.confidence_score,
    "cryptoGenerate": types_data.crypto_generate,
    "delay": types_io.delay,
    "earlyReturn": types_flow.early_return,
    "editFields": types_data.edit_fields,
    "embeddingGenerate": types_models.embedding_generate,
    "errorHandler": types_flow.error_handler,
    "executionData": types_data.execution_data,
    "filterArray": types_data.filter_array,
    "globalVariable": types_data.global_variable,
    "graphqlMutation": types_io.graphql_mutation,
    "graphqlQuery": types_io.graphql_query,
    "groqCompletion": types_models.groq_completion,
    "httpRequest": types_io.http_request,
    "jsonTransform": types_data.json_transform,
    "llmRouter": types_models.llm_router,
    "log": types_io.log,
    "loop": types_flow.loop,
    "mapArray": types_data.map_array,
    "metrics": types_io.metrics,
    "openaiCompletion": types_models.openai_completion,
    "parallel": types_flow.parallel,
    "postgresQuery": types_store.postgres_query,
    "promptTemplate": types_io.prompt_template,
    "pythonFunction": types_data.python_function,
    "qdrantPayload": types_store.qdrant_payload,
    "qdrantScroll": types_store.qdrant_scroll,
    "qdrantSearch": types_store.qdrant_search,
    "qdrantUpsert": types_store.qdrant_upsert,
    "rateLimit": types_store.rate_limit,
    "redisOperation": types_store.redis_operation,
    "reduceArray": types_data.reduce_array,
    "resultDedup": types_data.result_dedup,
    "retry": types_retry.retry,
    "splitArray": types_data.split_array,
    "streamBuffer": types_stream.stream_buffer,
    "streamChunk": types_stream.stream_chunk,
    "streamEnd": types_stream.stream_end,
    "streamMerge": types_stream.stream_merge,
    "streamStart": types_stream.stream_start,
    "switch": types_flow.switch,
    "validate": types_data.validate,
    "webhookSend": types_io.webhook_send,
    "workflowCall": types_io.workflow_call,
}

NOT_YET: Mapping[str, str] = {
    "directusQuery": "a preset of `httpRequest`; call its REST address with `httpRequest`",
    "directusSDK": "a preset of `httpRequest`; call its REST address with `httpRequest`",
    "gmailOperation": "an e-mail node; call its REST address with `httpRequest`",
}
"""Types with no equivalent -> what it would take, and what to use until then."""

REFUSED: Mapping[str, str] = {"javascriptFunction": "the built project is Python and never runs text as code"}
REFUSED_HELP = "write the same as a `pythonFunction`, or as expressions in an `editFields` node"

TRIED = "errorHandler with children"
"""What guards call an error handler that holds the nodes that may fail: how it ended says which way the run goes."""

HANDLES: Mapping[str, tuple[str, ...]] = {
    "condition": ("true", "false"),
    "errorHandler": ("success", "error"),
    "rateLimit": ("allowed", "blocked"),
    "validate": ("valid", "invalid"),
    TRIED: ("success", "error"),
}
"""Handles that decide which way the run goes; the value of each is in `HANDLE_VALUES`."""

HANDLE_VALUES: Mapping[str, str] = {
    **dict.fromkeys(("true", "success", "allowed", "valid"), "true"),
    **dict.fromkeys(("false", "error", "blocked", "invalid"), "false"),
}

HANDLE_FIELDS: Mapping[str, str] = {"rateLimit": "allowed", "validate": "valid"}
"""Types whose output has the decision in a field."""

HANDLE_STATUS: Mapping[str, str] = {"success": "ok", "error": "error"}
"""Handle of a `TRIED` node -> the status that it asks for."""

PLAIN_HANDLES = frozenset({"output", "out", "source", "default", "main", "body", "item", "done", "loop"})
"""Names of a handle that only means "what comes out"."""

ALL_TYPES = sorted({*TRANSLATIONS, *NOT_YET, *REFUSED})
