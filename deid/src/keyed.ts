import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { registeredUid } from '@viaduct/dicom/dictionary';
import { DeidError } from './errors.ts';

/** Everything that stands for an original comes from HMAC-SHA-256 with the project's key; each use has its own domain word. */
type Domain = 'pseudonym' | 'patient' | 'uid' | 'date' | 'identifier';

const MIN_KEY_BYTES = 16;
/** Crockford's letters: no I, L, O, U that people misread. */
const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PSEUDONYM_LETTERS = 12;
/** 60 bits, and short enough for VR AE and SH with room for a word before it. */
const IDENTIFIER_LETTERS = 12;
/** Longest shift of dates in days: ten years. */
const MAX_SHIFT_DAYS = 3650;

/** Keys as Node works with them: made once, as that takes longer than to use one. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function keyObjectOf(projectKey: Uint8Array): KeyObject {
  const known = keyObjects.get(projectKey);
  if (known !== undefined) return known;
  if (projectKey.length < MIN_KEY_BYTES) throw new DeidError('key-too-short');
  const made = createSecretKey(projectKey);
  keyObjects.set(projectKey, made);
  return made;
}

function keyed(projectKey: Uint8Array, domain: Domain, ...words: readonly string[]): Buffer {
  return createHmac('sha256', keyObjectOf(projectKey))
    .update(JSON.stringify([domain, ...words]))
    .digest();
}

function patient(issuer: string, patientId: string): readonly [string, string] {
  return [issuer.trim(), patientId.trim()];
}

function letters(digest: Buffer, count: number): string {
  return Array.from(digest.subarray(0, count), (byte) => BASE32[byte & 31]).join('');
}

/**
 * The character that makes a pseudonym's sum right: Luhn's method with 32 letters, which finds every single misread character and
 * nearly every swap of two.
 */
function checkCharacter(body: string): string {
  const sum = [...body].reverse().reduce((total, letter, at) => {
    const value = BASE32.indexOf(letter) * (at % 2 === 0 ? 2 : 1);
    return total + Math.floor(value / 32) + (value % 32);
  }, 0);
  return BASE32[(32 - (sum % 32)) % 32] ?? '';
}

/**
 * The pseudonym of a patient in a project: 12 letters and digits and a check character, the same in every job, unlinkable with
 * those of other projects.
 * @param issuer Issuer of Patient ID, empty when there is one namespace only
 */
export function derivePseudonym(projectKey: Uint8Array, issuer: string, patientId: string): string {
  const body = letters(keyed(projectKey, 'pseudonym', ...patient(issuer, patientId)), PSEUDONYM_LETTERS);
  return body + checkCharacter(body);
}

/** Whether a text is a derived pseudonym without a slip of the pen: its check character is right. */
export function isDerivedPseudonym(text: string): boolean {
  const isWord = text.length === PSEUDONYM_LETTERS + 1 && [...text].every((letter) => BASE32.includes(letter));
  return isWord && checkCharacter(text.slice(0, -1)) === text.slice(-1);
}

/** What the mapping of a project knows a patient by: 64 hex digits. */
export function patientHash(projectKey: Uint8Array, issuer: string, patientId: string): string {
  return keyed(projectKey, 'patient', ...patient(issuer, patientId)).toString('hex');
}

/** Days by which all dates of a patient move, −1 to −3650. */
export function dateShiftDays(projectKey: Uint8Array, issuer: string, patientId: string): number {
  const digest = keyed(projectKey, 'date', ...patient(issuer, patientId));
  return -(1 + (digest.readUInt32BE() % MAX_SHIFT_DAYS));
}

/**
 * What stands for an identifier that is no UID: 12 letters and digits, the same wherever the same attribute has the same value.
 * @param attribute keyword or tag, so that equal numbers of different kinds cannot be linked
 */
export function deriveIdentifier(projectKey: Uint8Array, attribute: string, value: string): string {
  return letters(keyed(projectKey, 'identifier', attribute, value.trim()), IDENTIFIER_LETTERS);
}

/**
 * The UID that stands for an original one in a project: `2.25.` and a UUID of version 8 (PS3.5 §B.2), at most 44 characters.
 * UIDs of the DICOM registry stand for themselves, nothing for nothing.
 */
export function remapUid(projectKey: Uint8Array, uid: string): string {
  const original = uid.trim();
  if (original === '' || registeredUid(original) !== undefined) return original;
  const uuid = keyed(projectKey, 'uid', original).subarray(0, 16);
  uuid.writeUInt8((uuid.readUInt8(6) & 0x0f) | 0x80, 6);
  uuid.writeUInt8((uuid.readUInt8(8) & 0x3f) | 0x80, 8);
  return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
}
