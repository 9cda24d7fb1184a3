export { createWorld } from './create-world.js';
export type { Answer, CallOptions, Execution, User, UserOptions, Verdict, World, WorldOptions } from './world.js';
export type { StateWrite } from './recorder.js';
