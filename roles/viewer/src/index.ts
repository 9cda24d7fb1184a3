export { createViewer, type Viewer, type ViewerOptions } from './viewer.js';
export { isComplete } from './domain/viewed-contract.js';
export { VIEW_ATTRIBUTE } from './domain/authorise-reader.js';
export { createViewAudit, type KeptViewAudit, type ViewAuditOptions } from './adapters/view-audit.js';
export type { RecordedView, ViewAudit } from './ports.js';
