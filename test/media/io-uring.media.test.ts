/** Packets by io_uring: in a process of its own, for one engine of ours is open in each. */
import { testEngine } from './engine-claims.ts';

testEngine('io_uring');
