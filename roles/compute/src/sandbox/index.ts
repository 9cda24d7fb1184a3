export { confine, fstabOf, SETPRIV, type Bind, type Confinement, type ResourceLimits } from './confine.js';
export { describeMissing, LAYERS, requireCompleteSandbox, type Layer, type MissingLayer, type SandboxPlatform } from './layers.js';
export { prepareRoot } from './prepare-root.js';
export { probeSandbox } from './probe.js';
export { readUsage, type ProcessUsage } from './usage.js';
