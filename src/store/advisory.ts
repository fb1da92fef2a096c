/** PostgreSQL's advisory locks are told apart by two numbers: `huaw`, and which of ours it is. */
export const SPACE = 0x68756177;
export const [OWNER, HOLDS] = [1, 2];
