/** What the admin listener answers, as far as the page shows it. docs/openapi.json has all of it. */

export interface AttentionItem {
  code: string; subject: string; severity: string; what: string; since: string; next: string; nextSeconds: number | null; section: string;
}

export interface Sum {
  accepted: number; before: number; delivered: number; deadLettered: number; lost: number; pending: number; balanced: boolean;
}

export interface ParkedStream {
  stream: string; events: number; bytes: number; since: string; reason: string; wholeStream: boolean; nextTrySeconds: number;
}

export interface Lane {
  name: string; kind: string; client: string; state: string; reason: string; stateSince: string; nextTrySeconds: number | null;
  settled: number; saved: number; pendingEvents: number; parkedEvents: number; parked: ParkedStream[]; lagSeconds: number;
  inFlightBatches: number; inFlightEvents: number; window: number; windowMax: number; breaker: string; roundTripMs: number;
  sum: Sum; repeated: number; recovered: number;
}

export interface StreamTotal {
  stream: string; accepted: number; acceptedBytes: number;
  lanes: { lane: string; delivered: number; deadLettered: number; outstanding: number }[];
}

export interface Status {
  node: string; version: string; startedAt: string; uptimeSeconds: number; state: string; ready: boolean;
  reasons: { code: string; detail: string }[];
  attention: AttentionItem[];
  drain: {
    phase: string; reason: string; exitAfter: boolean; requestsInFlight: number; remainingSeconds: number | null;
    backlogEvents: number; backlogBytes: number; phases: { phase: string; seconds: number }[]; failures: string[];
  };
  log: {
    directory: string; first: number; durable: number; bytes: number; bytesMax: number; pending: number; oldestPendingSeconds: number;
    poison: string | null; recovery: { tornBytes: number }; lostEvents: number;
  };
  queue: { items: number; itemsMax: number; bytes: number; bytesMax: number; groups: number; commitRunningSeconds: number };
  lanes: Lane[];
  orphans: { name: string; settled: number }[];
  streams: StreamTotal[];
  deadLetters: { count: number; requeued: number } | null;
  memory: {
    state: string; ratio: number; anonymousBytes: number; limitBytes: number; limitSource: string;
    heapBytes: number; heapLimitBytes: number;
  } | null;
  disk: { state: string; freeBytes: number | null; totalBytes: number | null } | null;
}

export type Row = (number | null)[];

export interface History {
  stepSeconds: number; times: string[]; node: Record<string, Row>; lanes: Record<string, Record<string, Row>>;
  limits: Record<string, number>;
}

export interface LetterGroup { lane: string; stream: string; reason: string; state: string; count: number; bytes: number }
export interface LetterGroups { groups: LetterGroup[]; groupsTotal: number; lettersTotal: number }
export interface Letter {
  id: string; lane: string; sequence: number; stream: string; state: string; reason: string; attempts: number;
  firstAttempt: string; lastAttempt: string; accepted: string; bytes: number;
}
export interface LetterPage { letters: Letter[]; next: string | null; total: number }
export interface Progress { ticket: number; letters: number; delivered: number; refused: number; dropped: number; waiting: number }

export interface AuditEntry {
  number: number; time: string; action: string; target: string; detail: string; operator: string | null; from: string;
}
export interface AuditPage { entries: AuditEntry[]; next?: number | null; lost: number }

export interface PolicyRule { enabled: boolean; rateLimit: number | null; acks: string | null }
export interface Policy {
  enabled: boolean; rateLimit: number | null; acks: string | null; circuitBreakerThreshold: number | null;
  streams: Record<string, PolicyRule>; keys: Record<string, PolicyRule>;
}

export interface TailEvent {
  seq: number; stream: string; time: string; key?: string; id?: string; type?: string; attributes?: Record<string, string>;
  data?: unknown; data_base64?: string; missing?: { first: number; count: number; reclaimed: boolean };
}

export interface Peer {
  url: string; self: boolean; error: string | null; node: string | null; version: string | null; state: string | null; ready: boolean;
  pendingEvents: number; oldestPendingSeconds: number; acceptedEvents: number; memoryRatio: number | null; diskFreeBytes: number | null;
  deadLetters: number; attention: AttentionItem[]; lanes: { name: string; state: string; pendingEvents: number; breaker: string }[];
}
export interface Fleet { peers: Peer[]; failures: string[] }
