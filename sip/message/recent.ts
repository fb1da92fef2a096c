/**
 * `make`, remembering what it made of the latest few texts: while one message is worked on, the same header values are taken apart again and
 * again by those who each need a part of them. What is made is shared: nobody may change it. What throws is not remembered.
 */
export function recently<T>(make: (text: string) => T, kept = 6): (text: string) => T {
  const texts: (string | undefined)[] = new Array<string | undefined>(kept).fill(undefined);
  const forms: (T | undefined)[] = new Array<T | undefined>(kept).fill(undefined);
  let next = 0;
  return (text) => {
    const at = texts.indexOf(text);
    if (at >= 0) return forms[at] as T;
    const form = make(text);
    texts[next] = text;
    forms[next] = form;
    next = (next + 1) % kept;
    return form;
  };
}
