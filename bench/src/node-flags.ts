/**
 * Flags of services under load. A development network saves memory; here the young generation (MiB) is large enough that
 * most of what 128 calls hold ends before it is copied, and the old one grows as V8 thinks best.
 */
export const LOADED_FLAGS = ['--max-semi-space-size=32', '--heap-growing-percent=0'];
