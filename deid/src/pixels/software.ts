import type { Identity } from '../identity.ts';
import { isSuspicious, textCleaner } from '../descriptors.ts';

/** Words by which encoders name themselves and their settings in comments of compressed pictures. */
const WORDS =
  `kakadu kdu layer info log_2 log delta d squared error l bytes openjpeg openjp2 jasper lead leadtools technologies inc corp gmbh ltd llc ag
jpeg jpg jpeg2000 jpeg-ls jls j2k jp2 htj2k encoder encoded codec compressor compressed compression decompressor library lib ijg libjpeg turbo gd creator created by
with using the and of file written version ver rev release build copyright c r tm all rights reserved quality lossless lossy near huffman process
baseline progressive wavelet reversible irreversible adobe photoshop gimp imagemagick graphicsmagick matlab mathworks intel accusoft pegasus picsel
aware dcmtk offis dcm4che gdcm fo-dicom clearcanvas charls openjph grok mercury merge cornerstone itk vtk pvrg pillow opencv ffmpeg lavc lavf independent group
bioelectromech handmade software image alchemy applemark xv morgan multimedia mainconcept nvjpeg nvjpeg2k jan feb mar
apr may jun jul aug sep oct nov dec`.split(/\s+/);
/** Versions, years, settings and Kakadu's table of numbers. */
const SHAPES = [
  'v?\\d{1,4}([.,]\\d{1,6}){0,5}[a-z]?',
  '\\d+([.]\\d+)?e\\d*',
  '(lavc|lavf|jpeg|mpeg|p|sv)\\d{1,3}([.]\\d+)*',
];

const clean = textCleaner({ terms: WORDS, patterns: SHAPES });

/** Whether a comment in a picture is nothing but what encoders write, and no word in it is the patient's. */
export function isSoftwareComment(text: string, identity: Identity): boolean {
  const plain = text.replaceAll('\0', ' ');
  return /^[\t\n\r -~]*$/.test(plain) && !isSuspicious(plain) && clean(plain, identity).dropped.length === 0;
}
