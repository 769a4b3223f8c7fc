/** How frames are compressed, as far as somebody here can look into them. */
export type Compression = 'jpeg' | 'jpeg2000' | 'rle' | 'deflate';

const SYNTAXES = '1.2.840.10008.1.2.';
/** PS3.6 table A-1: JPEG .4.50 to .70 and JPEG-LS .4.80 and .81, JPEG 2000 .4.90 to .93, HTJ2K .4.201 to .203, RLE .5, deflated frames .8.1. */
const COMPRESSIONS: readonly (readonly [Compression, RegExp])[] = [
  ['jpeg', /^4\.([567]\d|8[01])$/],
  ['jpeg2000', /^4\.(9[0-3]|20[1-3])$/],
  ['rle', /^5$/],
  ['deflate', /^8\.1$/],
];

/** The compression of a transfer syntax; undefined for none and for such as nobody here can look into (video, JPEG XL). */
export function compressionOf(transferSyntaxUID: string): Compression | undefined {
  if (!transferSyntaxUID.startsWith(SYNTAXES)) return undefined;
  const end = transferSyntaxUID.slice(SYNTAXES.length);
  return COMPRESSIONS.find(([, syntaxes]) => syntaxes.test(end))?.[0];
}
