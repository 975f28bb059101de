/** An event of the room's log. `seq` increases by one from event to event within an epoch. */
export interface LogEvent {
  type: 'message' | 'announcement' | 'deleted';
  seq: number;
  /** ISO 8601. */
  time: string;
  /** The name of the sender of a `message`. */
  user?: string;
  /** Identifies the sender; names can pass to another person. Missing in logs of versions before 1.0. */
  uid?: string;
  /** The sender's id for a `message`. */
  id?: string;
  /** The text of a `message` or an `announcement`. */
  text?: string;
  /** Of `deleted`: the `seq` of the message that was removed. */
  target?: number;
  /** Of `deleted`, in place of `target`: the messages that were removed together. */
  targets?: number[];
  /** Of `deleted`: who removed the message. */
  by?: 'author' | 'moderator' | 'backend';
  /** Of a `message` in a history that was removed: the `deleted` event. Its `text` is empty. */
  deleted?: { seq: number; time: string; by: 'author' | 'moderator' | 'backend' };
}

/** A message that the room has not acknowledged yet. */
export interface Pending {
  id: string;
  text: string;
  /** ISO 8601. */
  time: string;
}

/** Keeps pending messages across page loads, for example in `localStorage`. */
export interface Store {
  load(): Pending[];
  save(pending: Pending[]): void;
}

export interface ChatClientOptions {
  /**
   * The address of the room (`ws://…/rooms/{name}`), several addresses that are tried in turn, or a function that finds them. The
   * function is called for the first connection and after each round of failed attempts. If it throws `Refused`, the client closes.
   */
  url: string | string[] | ((failures: number) => string[] | Promise<string[]>);
  /** 1 to 32 characters. Without it, the room assigns a guest name. */
  user?: string;
  /**
   * A join token, for example of a private room, or a function that gets one. The function is called before each connection, and before
   * the token expires, to renew it on the open connection. If it throws `Refused`, the client closes.
   */
  token?: string | (() => string | Promise<string>);
  /** 16 to 64 characters that identify the member across connections. Default: a new random one. */
  session?: string;
  /** Number of events to receive when the client joins for the first time, 0 to 10,000. Default: 50. */
  history?: number;
  outbox?: Store;
  /** A WebSocket constructor. Default: `globalThis.WebSocket`. */
  WebSocket?: unknown;
}

/** A page of older events, oldest first. `more` tells whether the room has events before them. */
export interface HistoryPage {
  events: LogEvent[];
  more: boolean;
}

/** A member of the room. */
export interface Person {
  user: string;
  uid: string;
}

export type Permission = 'read' | 'write' | 'moderate';

/** Terms of a ban or mute. */
export interface Terms {
  /** How long it is in force, at most ten years. Missing: until it is lifted. */
  seconds?: number;
  /** The user sees it: at most 200 characters. */
  reason?: string;
}

/** The first frame of each connection. `again` is false for the first connection and true for reconnects. */
export interface Welcome {
  type: 'welcome';
  room: string;
  title: string;
  user: string;
  uid: string;
  session: string;
  epoch: string;
  /** The newest event of the log. */
  seq: number;
  /** True if all events after the last received one follow. */
  resumed: boolean;
  count: number;
  /** At most 100 names. */
  members: string[];
  /** The same members with their `uid`. */
  people: Person[];
  /** What the member may do. */
  permissions?: Permission[];
  limits: { maxTextLength: number; messagesPerSecond: number; messageBurst: number; [name: string]: unknown };
  again: boolean;
}

export type State = 'idle' | 'connecting' | 'online' | 'waiting' | 'closed';

/** The `detail` of each event that a `ChatClient` dispatches. */
export interface ChatEvents {
  /** `state` or `reason` changed. */
  state: ChatClient;
  welcome: Welcome;
  /** Events of the log: each exactly once, in the order of `seq`. */
  message: LogEvent;
  announcement: LogEvent;
  deleted: LogEvent;
  /** The options of the room that changed. */
  room: { title?: string; slowModeSeconds?: number; maxMembers?: number };
  presence: { count: number; joined: string[]; left: string[] };
  typing: { users: string[] };
  closing: { reason: string; reconnect: boolean };
  /** An error that does not belong to a pending message. */
  error: { code: string; message: string; id?: string };
  /** `send` accepted a message. */
  pending: Pending;
  /** The log contains the message. */
  settled: LogEvent;
  /** The room refused the message; the promise of `send` is rejected. */
  refused: { pending: Pending; code: string; message: string };
  /** The room refused the message for now (`slow-mode`, `rate-limited`, `unavailable`); the client sends it again by itself. */
  delayed: { id: string; code: string; message: string; retryAfterMs?: number };
  /** The page that `loadOlder` found. */
  history: HistoryPage;
  /** The room no longer has the events between these two sequence numbers. */
  gap: { after: number; before: number };
  /** The room lost its log and began another one; earlier sequence numbers are invalid. */
  reset: Omit<Welcome, 'again'>;
}

type ChatListener<T extends keyof ChatEvents> =
  | ((event: CustomEvent<ChatEvents[T]>) => unknown)
  | { handleEvent(event: CustomEvent<ChatEvents[T]>): unknown };

/** A member of a room. It reconnects and resumes until `close()` is called or the room refuses it permanently. */
export class ChatClient extends EventTarget {
  constructor(options: ChatClientOptions);

  readonly state: State;
  /**
   * Why the client is waiting or closed, for example `lost`, `unreachable`, `kicked`, `banned`, `replaced`, `room-closed`, `not-found`,
   * `name`, `private`, `token`. */
  readonly reason: string;
  /** The server's message for a refusal before joining; otherwise empty. */
  readonly detail: string;
  /** The name that the room assigned. */
  readonly user: string;
  /** Identifies the member in the events of every room. */
  readonly uid: string;
  /** What the room lets the member do. */
  readonly permissions: readonly Permission[];
  /** Whether the room may have events older than `oldest`. */
  readonly hasMore: boolean;
  /** Messages that the room has not acknowledged yet, oldest first. */
  readonly pending: readonly Pending[];
  /** The `seq` of the oldest event received, or 0. */
  readonly oldest: number;

  /** Joins the room. Has an effect in the states `idle` and `closed` only. */
  connect(): void;
  /** Leaves the room. Pending messages stay in the outbox. */
  close(): void;
  /** Sends a message; resolves with its event when the log contains it. Rejects with `Refused` if the room refuses it. */
  send(text: string): Promise<LogEvent>;
  /**
   * Deletes a message: one's own or, with the permission `moderate`, any. Resolves with its `deleted` event, or undefined if the answer
   * to an earlier attempt was lost. This and the following methods are sent again after a reconnect and carried out once; they reject with
   * `Refused` if the room refuses them, or if the client closes before the answer.
   */
  delete(seq: number): Promise<LogEvent | undefined>;
  /** Removes a member, which can rejoin immediately. This and the following methods require the permission `moderate`. */
  kick(uid: string, terms?: { reason?: string }): Promise<void>;
  /** Bans a user from the room. */
  ban(uid: string, terms?: Terms): Promise<void>;
  /** Forbids a user to send messages in the room. */
  mute(uid: string, terms?: Terms): Promise<void>;
  /** Lifts a ban. */
  unban(uid: string, terms?: { reason?: string }): Promise<void>;
  /** Lifts a mute. */
  unmute(uid: string, terms?: { reason?: string }): Promise<void>;
  /** Tells the room that the user is typing. */
  typing(): void;
  /** Call it when the network or the machine is available again: the client reconnects at once, or checks its connection. */
  wake(): void;
  /** Loads at most 500 events before `oldest`. */
  loadOlder(): Promise<HistoryPage>;

  addEventListener<T extends keyof ChatEvents>(
    type: T, listener: ChatListener<T> | null, options?: AddEventListenerOptions | boolean): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: AddEventListenerOptions | boolean): void;
  removeEventListener<T extends keyof ChatEvents>(
    type: T, listener: ChatListener<T> | null, options?: EventListenerOptions | boolean): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: EventListenerOptions | boolean): void;
}

/** The room refused a message or the member permanently; a retry does not help. */
export class Refused extends Error {
  constructor(code: string, message?: string);
  /** For example `muted`, `too-long`, `not-found`, `private`. */
  code: string;
}

/** 128 random bits in hexadecimal, for sessions. Works on pages without TLS, where `crypto.randomUUID` is missing. */
export function randomId(): string;
