/** What was wrong, for counters and for the reason phrase of a refusal. */
export type ParseCode =
  | 'empty'
  | 'notSip'
  | 'startLine'
  | 'version'
  | 'header'
  | 'headTooLong'
  | 'tooLong'
  | 'tooManyHeaders'
  | 'contentLength'
  | 'uri'
  | 'scheme'
  | 'address'
  | 'via'
  | 'cseq'
  | 'missing'
  | 'repeated'
  | 'callId'
  | 'maxForwards'
  | 'quoting';

/** The only error the message room throws. Its text never holds bytes of the sender. */
export class ParseError extends Error {
  readonly code: ParseCode;
  constructor(code: ParseCode, text: string) {
    super(text);
    this.name = 'ParseError';
    this.code = code;
  }
}
