import { code, reference } from './images.ts';
import { SOP_CLASS, SYNTAX, type Attributes, type Patient, type SeriesPlan } from './plan.ts';
import { uidOf } from './random.ts';

export interface ReportOptions {
  readonly label: string;
  readonly number: number;
  readonly studyLabel: string;
  readonly patient: Patient;
  readonly text: string;
  /** Images of the study that the report is about. */
  readonly evidence: {
    readonly seriesLabel: string;
    readonly sopClassUID: string;
    readonly instanceLabels: readonly string[];
  };
}

/** A Basic Text SR (PS3.3 §A.35.1) whose text names the patient and which refers to images of its study. */
export function reportSeries(options: ReportOptions): SeriesPlan {
  const { evidence } = options;
  const items = evidence.instanceLabels.map((label) => reference(evidence.sopClassUID, label));
  const attributes: Attributes = {
    InstanceNumber: 1,
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    PerformedProcedureCodeSequence: [],
    ReferencedPerformedProcedureStepSequence: [],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: uidOf(options.studyLabel),
        ReferencedSeriesSequence: [{ SeriesInstanceUID: uidOf(evidence.seriesLabel), ReferencedSOPSequence: items }],
      },
    ],
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [code('18782-3', 'LN', 'Radiology Study observation')],
    ContinuityOfContent: 'SEPARATE',
    ContentSequence: [
      contentItem('TEXT', code('121071', 'DCM', 'Finding'), { TextValue: options.text }),
      contentItem('PNAME', code('121029', 'DCM', 'Subject Name'), { PersonName: options.patient.name }),
      ...items.map((item) => ({ RelationshipType: 'CONTAINS', ValueType: 'IMAGE', ReferencedSOPSequence: [item] })),
    ],
  };
  return {
    label: options.label,
    number: options.number,
    modality: 'SR',
    description: 'Report',
    instances: () => [
      {
        label: `${options.label}/0`,
        sopClassUID: SOP_CLASS.basicTextReport,
        transferSyntaxUID: SYNTAX.explicit,
        attributes,
      },
    ],
  };
}

function contentItem(valueType: string, concept: Attributes, value: Attributes): Attributes {
  return { RelationshipType: 'CONTAINS', ValueType: valueType, ConceptNameCodeSequence: [concept], ...value };
}

/** A letter as encapsulated PDF (PS3.3 §A.45.1). */
export function letterSeries(options: { label: string; number: number; patient: Patient; title: string }): SeriesPlan {
  const document = pdf([options.title, `Patient: ${options.patient.plainName}`, `ID: ${options.patient.id}`]);
  return {
    label: options.label,
    number: options.number,
    modality: 'DOC',
    description: options.title,
    instances: () => [
      {
        label: `${options.label}/0`,
        sopClassUID: SOP_CLASS.encapsulatedPdf,
        transferSyntaxUID: SYNTAX.explicit,
        attributes: {
          InstanceNumber: 1,
          AcquisitionDateTime: '',
          ConversionType: 'WSD',
          BurnedInAnnotation: 'YES',
          DocumentTitle: options.title,
          ConceptNameCodeSequence: [],
          MIMETypeOfEncapsulatedDocument: 'application/pdf',
          EncapsulatedDocument: document.length % 2 ? Buffer.concat([document, Buffer.from('\n')]) : document,
        },
      },
    ],
  };
}

/** A PDF of one page with one line of Helvetica per text. */
function pdf(lines: readonly string[]): Buffer {
  const content = `BT /F1 16 Tf 72 760 Td 22 TL ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`, 'latin1');
}
