import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSet,
  dataSetOf,
  encodeDataSet,
  IMPLICIT_VR_LITTLE_ENDIAN,
  sequenceElement,
  textElement,
} from '@viaduct/dicom/part10';
import type { Category, Check, Place } from './key.ts';
import type { Persona } from './persona.ts';

/** Writes elements in the persona's character set. */
function writer({ characterSet }: Persona): (keyword: string, value: string | readonly string[]) => DataElement {
  return (keyword, value) => textElement(tagOf(keyword), value, characterSet);
}

const hex = (keyword: string): string => tagOf(keyword).toString(16).padStart(8, '0').toUpperCase();
const raw = (tag: number, vr: string, value: string | Buffer): DataElement => ({
  tag,
  vr,
  value: typeof value === 'string' ? Buffer.from(value, 'latin1') : value,
});
const removed = (place: string, tokens: readonly string[], category: Category = 'identity'): Check => ({
  kind: 'removed',
  category,
  place,
  tokens,
});
const retained = (place: string, path: string, value: string): Check => ({
  kind: 'retained',
  category: 'retention',
  place,
  path,
  value,
});
const code = (value: string, scheme: string, meaning: string): DataSet =>
  dataSetOf(
    textElement(tagOf('CodeValue'), value),
    textElement(tagOf('CodingSchemeDesignator'), scheme),
    textElement(tagOf('CodeMeaning'), meaning),
  );

/** The patient, staff and house in the rows of table E.1-1. */
export function tableRows(persona: Persona): Place {
  const text = writer(persona);
  const { physician, operator, institution, street, phone, birthDate, patientId, accessionNumber } = persona;
  const place = 'table rows';
  return {
    elements: [
      text('PatientName', persona.name),
      text('PatientID', patientId),
      text('AccessionNumber', accessionNumber),
      text('PatientBirthDate', birthDate),
      text('PatientSex', 'F'),
      text('PatientAge', '055Y'),
      text('PatientWeight', '61.5'),
      text('PatientAddress', street),
      text('PatientTelephoneNumbers', phone),
      text('OtherPatientNames', persona.name),
      text('ReferringPhysicianName', physician),
      text('OperatorsName', operator),
      text('InstitutionName', institution),
      text('InstitutionAddress', `${street}, ${institution}`),
      text('PatientComments', `calls ${phone}, ${persona.mail}`),
      text('ImageComments', `for ${persona.name.split('^')[0]}`),
      text('DeviceSerialNumber', persona.serialNumber),
    ],
    checks: [
      removed(place, persona.tokens),
      removed(place, [birthDate]),
      retained(place, hex('PatientSex'), 'F'),
      retained(place, hex('PatientAge'), '055Y'),
      retained(place, hex('PatientWeight'), '61.5'),
      retained(place, hex('DeviceSerialNumber'), persona.serialNumber),
      { kind: 'absent', category: 'standard', place, path: hex('PatientAddress') },
      { kind: 'empty', category: 'standard', place, path: hex('ReferringPhysicianName') },
      { kind: 'empty', category: 'standard', place, path: hex('PatientBirthDate') },
    ],
  };
}

/** Names in descriptions that have a safe part. */
export function descriptions(persona: Persona): Place {
  const text = writer(persona);
  const family = persona.name.split('^')[0] ?? '';
  const place = 'descriptions';
  const words = (keyword: string, ...safe: string[]): Check => ({
    kind: 'words',
    category: 'retention',
    place,
    path: hex(keyword),
    words: safe,
  });
  return {
    elements: [
      text('StudyDescription', `CT chest with contrast ${family}`),
      text('SeriesDescription', `axial 3mm lung Dr. ${persona.physician.split('^')[0]}`),
      text('ProtocolName', 'Thorax routine'),
      text('ContrastBolusAgent', `Omnipaque 300 for ${family}`),
    ],
    checks: [
      removed(place, persona.tokens),
      words('StudyDescription', 'CT', 'chest', 'with', 'contrast'),
      words('SeriesDescription', 'axial', '3mm', 'lung'),
      words('ProtocolName', 'Thorax', 'routine'),
      words('ContrastBolusAgent', 'Omnipaque'),
    ],
  };
}

/** Names where none belong: codes, numbers, attributes without a row. */
export function wrongPlaces(persona: Persona): Place {
  const text = writer(persona);
  const family = persona.name.split('^')[0] ?? '';
  const place = 'wrong places';
  return {
    elements: [
      text('ScanOptions', `HELIX ${family}`.slice(0, 16)),
      text('SequenceName', `*fl2d ${family}`.slice(0, 16)),
      raw(tagOf('InstanceNumber'), 'IS', persona.patientId.slice(0, 11)),
      text('DerivationDescription', `smooth ${persona.mail}`),
      text('ManufacturerModelName', 'Scanner 9'),
      text('KVP', '120'),
    ],
    checks: [
      removed(place, persona.tokens),
      retained(place, hex('ManufacturerModelName'), 'Scanner 9'),
      retained(place, hex('KVP'), '120'),
    ],
  };
}

/** Sequences: requests, former values, unknown nesting, second items. */
export function nested(persona: Persona): Place {
  const text = writer(persona);
  const place = 'nested';
  const inner = dataSetOf(text('PatientName', persona.name), text('InstitutionName', persona.institution));
  const modified = dataSetOf(text('PatientID', persona.patientId), text('OtherPatientIDs', persona.patientId));
  const group = sequenceElement(tagOf('FrameContentSequence'), [
    dataSetOf(
      text('FrameAcquisitionDateTime', `${persona.studyDate}101112.5+0100`),
      text('FrameComments', persona.name),
    ),
  ]);
  const path = `${hex('PerFrameFunctionalGroupsSequence')}[1].${hex('FrameContentSequence')}[0].${hex('FrameAcquisitionDateTime')}`;
  return {
    elements: [
      sequenceElement(tagOf('RequestAttributesSequence'), [
        dataSetOf(
          text('RequestedProcedureID', persona.accessionNumber),
          text('RequestedProcedureDescription', 'CT head'),
        ),
      ]),
      sequenceElement(tagOf('OriginalAttributesSequence'), [
        dataSetOf(sequenceElement(tagOf('ModifiedAttributesSequence'), [modified])),
      ]),
      sequenceElement(tagOf('PerformedProtocolCodeSequence'), [
        code('P-1', 'DCM', 'Protocol'),
        dataSetOf(sequenceElement(tagOf('ProtocolContextSequence'), [code('P-2', 'DCM', 'Context'), inner])),
      ]),
      sequenceElement(tagOf('PerFrameFunctionalGroupsSequence'), [dataSetOf(group), dataSetOf(group)]),
    ],
    checks: [
      removed(place, persona.tokens),
      { kind: 'absent', category: 'standard', place, path: hex('OriginalAttributesSequence') },
      retained(place, `${hex('PerformedProtocolCodeSequence')}[0].${hex('CodeMeaning')}`, 'Protocol'),
      { kind: 'shifted', category: 'retention', place, path, value: persona.studyDate },
    ],
  };
}

const SAFE_CREATOR = 'Philips PET Private Group';

/** Private attributes: safe and unsafe, of unknown creators, in bytes, encoded as UN, inside sequences, without a creator. */
export function privates(persona: Persona): Place {
  const family = persona.tokens[0] ?? '';
  const place = 'private';
  const hidden = dataSetOf(raw(0x00290010, 'LO', 'ACME 1.1'), raw(0x00291001, 'LO', persona.patientId));
  const sequence = encodeDataSet([textElement(tagOf('PatientID'), persona.patientId)], IMPLICIT_VR_LITTLE_ENDIAN);
  const item = Buffer.alloc(8);
  item.writeUInt32LE(0xe000fffe, 0);
  item.writeUInt32LE(sequence.length, 4);
  return {
    elements: [
      raw(0x00290010, 'LO', 'ACME 1.1'),
      raw(0x00290011, 'LO', SAFE_CREATOR),
      raw(0x00291001, 'LO', persona.patientId),
      raw(0x00291002, 'OB', Buffer.from(`blob ${persona.patientId}`, 'utf16le')),
      raw(0x00291003, 'UN', Buffer.concat([item, sequence])),
      raw(0x00291005, 'UI', persona.uid('private')),
      raw(0x00291109, 'LO', persona.patientId),
      raw(0x00311001, 'LO', persona.accessionNumber),
      sequenceElement(tagOf('ProcedureCodeSequence'), [new Map([...code('C-1', 'DCM', 'Procedure'), ...hidden])]),
      raw(0x70530010, 'LO', SAFE_CREATOR),
      raw(0x70530011, 'LO', SAFE_CREATOR),
      raw(0x70531000, 'DS', '1.234 '),
      raw(0x70531001, 'LO', persona.phone),
      raw(0x70531109, 'DS', '5.678 '),
    ],
    checks: [
      removed(place, [...persona.tokens, family]),
      removed(place, [persona.uid('private')]),
      retained(place, '70530010', SAFE_CREATOR),
      retained(place, '70531000', '1.234'),
      retained(place, '70531109', '5.678'),
      { kind: 'absent', category: 'standard', place, path: '00290010' },
      { kind: 'absent', category: 'standard', place, path: '00311001' },
      retained(place, `${hex('ProcedureCodeSequence')}[0].${hex('CodeMeaning')}`, 'Procedure'),
    ],
  };
}

/** UIDs: chains, several values, public ones. */
export function uids(persona: Persona, label: string): Place {
  const text = writer(persona);
  const place = 'UIDs';
  const remapped = (path: string, value: string): Check => ({
    kind: 'remapped',
    category: 'standard',
    place,
    path,
    value,
  });
  const [study, series, instance, other] = ['study', `series ${label}`, `instance ${label}`, 'instance ct'].map((of) =>
    persona.uid(of),
  );
  return {
    elements: [
      text('StudyInstanceUID', study ?? ''),
      text('SeriesInstanceUID', series ?? ''),
      text('SOPInstanceUID', instance ?? ''),
      text('FrameOfReferenceUID', persona.uid('frame')),
      sequenceElement(tagOf('ReferencedImageSequence'), [
        dataSetOf(
          text('ReferencedSOPClassUID', '1.2.840.10008.5.1.4.1.1.2'),
          text('ReferencedSOPInstanceUID', other ?? ''),
        ),
      ]),
      text('FailedSOPInstanceUIDList', [instance ?? '', other ?? '']),
    ],
    checks: [
      remapped(hex('StudyInstanceUID'), study ?? ''),
      remapped(hex('SeriesInstanceUID'), series ?? ''),
      remapped(hex('SOPInstanceUID'), instance ?? ''),
      remapped(hex('FrameOfReferenceUID'), persona.uid('frame')),
      remapped(`${hex('ReferencedImageSequence')}[0].${hex('ReferencedSOPInstanceUID')}`, other ?? ''),
      retained(
        place,
        `${hex('ReferencedImageSequence')}[0].${hex('ReferencedSOPClassUID')}`,
        '1.2.840.10008.5.1.4.1.1.2',
      ),
      removed(
        place,
        [study, series, instance, other].map((uid) => uid ?? ''),
      ),
    ],
  };
}

/** Dates and times of every form. */
export function dates({ studyDate }: Persona): Place {
  const place = 'dates';
  const text = (keyword: string, value: string): DataElement => textElement(tagOf(keyword), value);
  const shifted = (keyword: string): Check => ({
    kind: 'shifted',
    category: 'retention',
    place,
    path: hex(keyword),
    value: studyDate,
  });
  return {
    elements: [
      text('StudyDate', studyDate),
      text('SeriesDate', studyDate),
      text('ContentDate', studyDate),
      text('AcquisitionDateTime', `${studyDate}235959.999999-0500`),
      text('StudyTime', '101112'),
      text('AcquisitionTime', '235959.5'),
      text('DateOfLastCalibration', studyDate),
    ],
    checks: [
      ...['StudyDate', 'SeriesDate', 'ContentDate', 'AcquisitionDateTime', 'DateOfLastCalibration'].map(shifted),
      removed(place, [studyDate]),
      retained(place, hex('StudyTime'), '101112'),
      retained(place, hex('AcquisitionTime'), '235959.5'),
    ],
  };
}

/** Overlays, curves, directories and attributes that nobody knows. */
export function groups(persona: Persona): Place {
  const [family = ''] = persona.tokens;
  return {
    elements: [
      raw(0x00041500, 'CS', persona.patientId),
      raw(0x0010fff1, 'LO', persona.patientId),
      raw(0x50003000, 'OW', Buffer.from(`${persona.patientId} `)),
      raw(0x60000022, 'LO', `${persona.patientId} `),
      raw(0x60003000, 'OW', Buffer.from(`${persona.phone} `)),
      raw(0x60004000, 'LT', persona.mail),
    ],
    checks: [
      removed('overlays, curves, unknown groups', [...persona.tokens, family]),
      { kind: 'absent', category: 'standard', place: 'overlays, curves, unknown groups', path: '60003000' },
      { kind: 'absent', category: 'standard', place: 'overlays, curves, unknown groups', path: '50003000' },
    ],
  };
}

function contentItem(persona: Persona, valueType: string, concept: DataSet, value: DataElement): DataSet {
  const text = writer(persona);
  return dataSetOf(
    text('RelationshipType', 'CONTAINS'),
    text('ValueType', valueType),
    sequenceElement(tagOf('ConceptNameCodeSequence'), [concept]),
    value,
  );
}

/** Content of a report: by concepts of table E.3.4-1, and text that nobody knows. */
export function reportContent(persona: Persona): Place {
  const text = writer(persona);
  const place = 'report content';
  const item = (type: string, concept: DataSet, keyword: string, value: string): DataSet =>
    contentItem(persona, type, concept, text(keyword, value));
  const measured = contentItem(
    persona,
    'NUM',
    code('118538004', 'SCT', 'Mass'),
    sequenceElement(tagOf('MeasuredValueSequence'), [dataSetOf(text('NumericValue', '12.5'))]),
  );
  return {
    elements: [
      sequenceElement(tagOf('ContentSequence'), [
        measured,
        item('TEXT', code('121071', 'DCM', 'Finding'), 'TextValue', `mass, told to ${persona.name}`),
        item(
          'TEXT',
          code('X1', '99LOCAL', `asked by ${persona.name.split('^')[0]}`),
          'TextValue',
          `for ${persona.mail}`,
        ),
        item('PNAME', code('121008', 'DCM', 'Person Observer Name'), 'PersonName', persona.physician),
        item('DATE', code('111060', 'DCM', 'Study Date'), 'Date', persona.studyDate),
        item('TEXT', code('121022', 'DCM', 'Accession Number'), 'TextValue', persona.accessionNumber),
        item('UIDREF', code('112040', 'DCM', 'Tracking Unique Identifier'), 'UID', persona.uid('tracking')),
      ]),
    ],
    checks: [
      removed(place, [...persona.tokens, persona.uid('tracking'), persona.studyDate]),
      retained(place, `${hex('ContentSequence')}[0].${hex('MeasuredValueSequence')}[0].${hex('NumericValue')}`, '12.5'),
      {
        kind: 'shifted',
        category: 'retention',
        place,
        path: `${hex('ContentSequence')}[4].${hex('Date')}`,
        value: persona.studyDate,
      },
    ],
  };
}

/** Text in presentations, labels of structures and channels. */
export function labels(persona: Persona): Place {
  const text = writer(persona);
  const family = persona.name.split('^')[0] ?? '';
  const place = 'labels';
  return {
    elements: [
      sequenceElement(tagOf('GraphicAnnotationSequence'), [
        dataSetOf(
          text('GraphicLayer', 'ONE'),
          sequenceElement(tagOf('TextObjectSequence'), [dataSetOf(text('UnformattedTextValue', persona.name))]),
        ),
      ]),
      text('StructureSetLabel', `plan ${family}`.slice(0, 16)),
      sequenceElement(tagOf('StructureSetROISequence'), [
        dataSetOf(text('ROIName', `liver ${family}`), text('ROINumber', '1')),
      ]),
      text('ReviewerName', persona.physician),
      sequenceElement(tagOf('WaveformSequence'), [
        dataSetOf(
          text('MultiplexGroupLabel', family.slice(0, 16)),
          sequenceElement(tagOf('ChannelDefinitionSequence'), [dataSetOf(text('ChannelLabel', family.slice(0, 16)))]),
        ),
      ]),
    ],
    checks: [
      removed(place, persona.tokens),
      retained(place, `${hex('GraphicAnnotationSequence')}[0].${hex('GraphicLayer')}`, 'ONE'),
      retained(place, `${hex('StructureSetROISequence')}[0].${hex('ROINumber')}`, '1'),
    ],
  };
}

/** A document and its title. */
export function documents(persona: Persona): Place {
  const text = writer(persona);
  return {
    elements: [
      text('DocumentTitle', `Letter to ${persona.name.split('^')[0]}`),
      text('MIMETypeOfEncapsulatedDocument', 'application/pdf'),
      raw(tagOf('EncapsulatedDocument'), 'OB', Buffer.from(`%PDF-1.4 (${persona.patientId} ${persona.mail}) %%EOF `)),
    ],
    checks: [
      removed('documents', persona.tokens),
      { kind: 'present', category: 'standard', place: 'documents', path: hex('EncapsulatedDocument') },
    ],
  };
}
