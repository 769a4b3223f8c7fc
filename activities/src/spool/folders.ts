import path from 'node:path';

/** Which part of which task; what the folders of the spool are named after. */
export interface PartKey {
  readonly jobId: string;
  readonly taskNo: number;
  readonly partNo: number;
}
export type TaskKey = Omit<PartKey, 'partNo'>;

const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Laxer than PS3.5 §9.1 (leading zeros occur in the wild), strict about what a file name may be. */
const FILE_UID = /^[0-9][0-9.]{0,63}$/;

/** Whether a UID sent by a peer can name a file of the spool. */
export function canNameFile(uid: string): boolean {
  return FILE_UID.test(uid) && !uid.includes('..');
}

/** A name that must never become a path. Programming error or hostile input that should have been refused before. */
export class SpoolNameError extends Error {
  override readonly name = 'SpoolNameError';
}

/**
 * Where things lie in the spool: `<root>/<jobId>/<taskNo>/<partNo>/<SOPInstanceUID>.dcm`, beside it `.pix` (its pixels where
 * they were masked), and one `headers` (what goes out instead of the instances' own) and one `stored.journal` per part. A file
 * that has its final name is durable. `<root>/spare` holds empty files for the instances to come.
 */
export class SpoolFolders {
  readonly root: string;

  /** @param root absolute path of the spool of this host */
  constructor(root: string) {
    this.root = root;
  }

  /** What is received only to be thrown away. */
  get trials(): string {
    return path.join(this.root, 'trials');
  }

  /** Files that are empty, or about to be. */
  get spares(): string {
    return path.join(this.root, 'spare');
  }

  job(jobId: string): string {
    if (!JOB_ID.test(jobId)) throw new SpoolNameError('job id');
    return path.join(this.root, jobId);
  }

  task({ jobId, taskNo }: TaskKey): string {
    if (!Number.isSafeInteger(taskNo)) throw new SpoolNameError('task number');
    return path.join(this.job(jobId), String(taskNo));
  }

  part(key: PartKey): string {
    if (!Number.isSafeInteger(key.partNo)) throw new SpoolNameError('part number');
    return path.join(this.task(key), String(key.partNo));
  }

  /** The Part 10 file as the source sent it. */
  instance(key: PartKey, sopInstanceUID: string): string {
    return this.#file(key, sopInstanceUID, 'dcm');
  }

  /** The pseudonymized headers that replace those of the instances' files. */
  headers(key: PartKey): string {
    return path.join(this.part(key), 'headers');
  }

  /** The masked pixels that replace those of the instance's file. */
  pixels(key: PartKey, sopInstanceUID: string): string {
    return this.#file(key, sopInstanceUID, 'pix');
  }

  /** What the destination has acknowledged of the part. */
  journal(key: PartKey): string {
    return path.join(this.part(key), 'stored.journal');
  }

  #file(key: PartKey, uid: string, extension: string): string {
    if (!canNameFile(uid)) throw new SpoolNameError('SOP Instance UID');
    return path.join(this.part(key), `${uid}.${extension}`);
  }
}
