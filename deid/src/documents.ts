import { tagOf } from '@viaduct/dicom/dictionary';
import type { ListFacts } from '@viaduct/dicom/part10';

const MIME_TYPE = tagOf('MIMETypeOfEncapsulatedDocument');
const SOP_CLASS_UID = tagOf('SOPClassUID');
/** Encapsulated PDF, CDA, STL, OBJ and MTL Storage are this and `.1` to `.5`. */
const ENCAPSULATED_STORAGE = '1.2.840.10008.5.1.4.1.1.104';

const STL_HEADER_BYTES = 80;
const STL_TRIANGLE_BYTES = 50;

/** One empty page. Offsets of its cross-reference table are those of the lines below. */
function emptyPdf(): Buffer {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>',
  ];
  let pdf = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = pdf.length;
    pdf += `${at + 1} 0 obj${object}endobj\n`;
    return offset;
  });
  const start = pdf.length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  pdf += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`;
  return Buffer.from(`${pdf}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`, 'latin1');
}

/** A model of one triangle without extent. */
function emptyStl(): Buffer {
  const stl = Buffer.alloc(STL_HEADER_BYTES + 4 + STL_TRIANGLE_BYTES);
  stl.writeUInt32LE(1, STL_HEADER_BYTES);
  return stl;
}

/** An empty document of the same kind: there is no option to clean one, it is to be replaced (PS3.15 table E.1-1, D). */
export function replacementDocument(list: ListFacts): Buffer {
  const [mimeType = ''] = list.text(MIME_TYPE);
  const [sopClassUID = ''] = list.text(SOP_CLASS_UID);
  if (mimeType === 'application/pdf' || sopClassUID === `${ENCAPSULATED_STORAGE}.1`) return emptyPdf();
  if (mimeType === 'model/stl' || sopClassUID === `${ENCAPSULATED_STORAGE}.3`) return emptyStl();
  if (mimeType === 'text/xml' || sopClassUID === `${ENCAPSULATED_STORAGE}.2`) {
    return Buffer.from(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>\n',
      'latin1',
    );
  }
  return Buffer.from('# removed\n', 'latin1');
}
