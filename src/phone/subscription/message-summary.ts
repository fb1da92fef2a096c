/** application/simple-message-summary (RFC 3842): the lamp for what waits. Pure. */

export interface MessageCounts {
  fresh: number;
  old: number;
}

/** `account`: the address whose messages these are. */
export const messageSummary = (account: string, { fresh, old }: MessageCounts): string =>
  `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}\r\nMessage-Account: ${account}\r\nVoice-Message: ${fresh}/${old} (0/0)\r\n`;
