import { ParseError } from './fault.ts';
import { recently } from './recent.ts';
import { endOfQuoted, type Params, paramsStart, parseParams, unquote } from './scan.ts';

/** A From, To, Contact, Route … value: `"Display" <uri>;params` or `uri;params`. */
export interface NameAddr {
  /** Without its quotes; undefined when there is none. */
  readonly display: string | undefined;
  /** The URI as written. */
  readonly uri: string;
  readonly params: Params;
}

/** One value (cut a comma list with `headers.list` first). Throws ParseError `address` or `quoting`. */
export const parseNameAddr: (text: string) => NameAddr = recently((text) => {
  const open = openBracket(text);
  if (open < 0) {
    // RFC 3261 §20.10: "If no "<" and ">" are present, all parameters after the URI are header parameters, not URI parameters."
    const end = paramsStart(text);
    const uri = text.slice(0, end).trim();
    // §20.10 again: a URI with a question mark stands in brackets even without a display name.
    if (uri === '' || /[\s?]/.test(uri)) throw new ParseError('address', 'no URI in an address, or one that needs brackets');
    return { display: undefined, uri, params: parseParams(text.slice(end + 1)) };
  }
  const close = text.indexOf('>', open);
  if (close < 0) throw new ParseError('address', 'a "<" without its ">"');
  const display = unquote(text.slice(0, open).trim());
  const after = text.slice(close + 1).trim();
  if (after !== '' && !after.startsWith(';')) throw new ParseError('address', 'something follows the ">" that is no parameter');
  return { display: display === '' ? undefined : display, uri: text.slice(open + 1, close).trim(), params: parseParams(after.slice(1)) };
});

/** The first `<` that is not within a quoted display name. */
function openBracket(text: string): number {
  const quote = text.indexOf('"');
  const open = text.indexOf('<');
  return quote >= 0 && quote < open ? text.indexOf('<', endOfQuoted(text, quote)) : open;
}
