/** Which errors mean that Postgres is away, full, or not the primary (to be waited out) and which mean that a statement is wrong. */

/** SQLSTATE classes and codes of PostgreSQL Appendix A that pass by themselves. */
const PASSING = [
  /^08/, // connection exception
  /^53/, // insufficient resources: too many connections, disk full, out of memory
  /^57P0/, // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
  /^58/, // system error: I/O
  /^25006$/, // read_only_sql_transaction: a standby, or a primary that was demoted
  /^57014$/, // query_canceled: our statement time-out
  /^55P03$/, // lock_not_available
  /^40/, // transaction rollback: serialization failure, deadlock
];

const SOCKET = /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL)$/;

/** What pg says without a code. */
const SENTENCES = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed',
  'The server does not support',
  'timeout expired',
];

/** true: the same statement may well succeed later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (SOCKET.test(code) || PASSING.some((pattern) => pattern.test(code))) return true;
  if (error instanceof AggregateError) return error.errors.some(isPassing);
  return SENTENCES.some((sentence) => error.message.includes(sentence));
}

/** true: the connection it happened on is of no use any more (or leads to a server that may not be written to). */
export function breaksConnection(error: unknown): boolean {
  return isPassing(error) && !/^(57014|55P03|40)/.test(error instanceof Error ? codeOf(error) : '');
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');
