const MOST_TAGS = 20;
const LONGEST_TAG = 32;

/** The tags of an `authenticate` frame (`a,b,c`, or nothing), or the reason it is refused with. */
export function parseTags(text: string): ReadonlySet<string> | string {
  const tags = text === '' ? [] : text.split(',');
  if (tags.length > MOST_TAGS) return `too many tags: ${tags.length}, at most ${MOST_TAGS}`;
  const bad = tags.find((tag) => !isTag(tag));
  return bad === undefined ? new Set(tags) : `invalid tag "${bad}": 1 to ${LONGEST_TAG} of A-Z a-z 0-9 - _ + @ :`;
}

/** Whether an application may be called so. */
export const isTag = (text: string): boolean => text.length <= LONGEST_TAG && /^[A-Za-z0-9\-_+@:]+$/.test(text);
