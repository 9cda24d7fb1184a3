import { PACKAGE_LIMITS } from '@selvedge/contract-package';

/** Name of the first file of an archive: what the package is. */
export const METADATA_FILE = 'metadata.json';
/** Folder of the archive that holds the package's tree. */
export const CODE_FOLDER = 'code/';
export const MAX_METADATA_BYTES = 16 * 1024;
/** Header, rounding and, for long paths, a second header with its content: at most so much beside a file's own bytes. */
const OVERHEAD_PER_FILE_BYTES = 4 * 512 + 2 * PACKAGE_LIMITS.maxPathBytes;
/** No package is larger as a file. */
export const MAX_ARCHIVE_BYTES = PACKAGE_LIMITS.maxBytes + PACKAGE_LIMITS.maxFiles * OVERHEAD_PER_FILE_BYTES + 1024 * 1024;
