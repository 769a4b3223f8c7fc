import type { OptionColumn } from './options.ts';

type Cells = Readonly<Partial<Record<OptionColumn, string>>>;
const AS_DESCRIPTOR: Cells = { cleanDesc: 'C' };
const AS_DEVICE: Cells = { rtnDevId: 'K' };
const AS_INSTITUTION: Cells = { rtnInstId: 'K' };

/**
 * Attributes that table E.1-1 has no row for although they name a person, an order, a place or a network, in the table's notation.
 * The standard leaves them to the judgement of who de-identifies (PS3.15 §E.1.1); this is ours.
 */
export const SUPPLEMENT: readonly (readonly [keyword: string, code: string, options: Cells])[] = [
  ['PatientBirthDateInAlternativeCalendar', 'X', {}],
  ['PatientDeathDateInAlternativeCalendar', 'X', {}],
  ['BreedRegistrationNumber', 'X', {}],
  ['PlacerOrderNumberProcedure', 'X', {}],
  ['FillerOrderNumberProcedure', 'X', {}],
  ['PlacerOrderNumberImagingServiceRequestRetired', 'X', {}],
  ['FillerOrderNumberImagingServiceRequestRetired', 'X', {}],
  ['HL7InstanceIdentifier', 'D', {}],
  ['RecordKey', 'X', {}],
  ['PriorRecordKey', 'X', {}],
  ['ObjectBinaryIdentifierTrial', 'X', {}],
  ['ObjectDirectoryBinaryIdentifierTrial', 'X', {}],
  ['Signature', 'X', {}],
  ['EncryptedContent', 'X', {}],
  ['HPGLDocument', 'X', {}],
  ['EncapsulatedDocumentLength', 'X', {}],
  ['LocalNamespaceEntityID', 'D', AS_INSTITUTION],
  ['UniversalEntityID', 'D', AS_INSTITUTION],
  ['ComponentWelderIDs', 'X', {}],
  ['AuthorizationEquipmentCertificationNumber', 'X', {}],
  ['HangingProtocolCreator', 'D', {}],
  ['HangingProtocolUserGroupName', 'X', {}],
  ['OwnerID', 'X', {}],
  ['BoardingPassID', 'X', {}],
  ['ItineraryID', 'X', {}],
  ['PrinterName', 'X', AS_DEVICE],
  ['DeviceID', 'X', AS_DEVICE],
  ['SubstanceAdministrationDeviceID', 'X', AS_DEVICE],
  ['RadiationMachineName', 'Z', AS_DEVICE],
  ['ContactDisplayName', 'X', {}],
  ['NTPSourceAddress', 'X', AS_DEVICE],
  ['DocumentTitle', 'Z', AS_DESCRIPTOR],
  ['CommentsOnTheScheduledProcedureStep', 'X', AS_DESCRIPTOR],
  ['CommentsOnPatientPerformanceOfVisualField', 'X', AS_DESCRIPTOR],
  ['ReasonForCancellation', 'X', AS_DESCRIPTOR],
  ['ReportStatusCommentTrial', 'X', AS_DESCRIPTOR],
  ['IdentificationDescriptionTrial', 'X', AS_DESCRIPTOR],
  ['CompletionFlagDescription', 'X', AS_DESCRIPTOR],
  ['SystemStatusComment', 'X', AS_DESCRIPTOR],
  ['TestResultComment', 'X', AS_DESCRIPTOR],
  ['SubstanceAdministrationNotes', 'X', AS_DESCRIPTOR],
  ['AssertionComments', 'X', AS_DESCRIPTOR],
  ['ApprovalStatusFurtherDescription', 'X', AS_DESCRIPTOR],
  ['OverrideReason', 'X', AS_DESCRIPTOR],
  ['TreatmentStatusComment', 'X', AS_DESCRIPTOR],
  ['SetupImageComment', 'X', AS_DESCRIPTOR],
  ['DoseComment', 'X', AS_DESCRIPTOR],
  ['FilmSessionLabel', 'X', AS_DESCRIPTOR],
  ['InstructionPerformanceComment', 'X', AS_DESCRIPTOR],
  ['SOPAuthorizationComment', 'X', AS_DESCRIPTOR],
  ['TransactionStatusComment', 'X', AS_DESCRIPTOR],
  ['CalculationComment', 'X', AS_DESCRIPTOR],
  ['SurfaceComments', 'X', AS_DESCRIPTOR],
  ['FrameOfReferenceTransformationComment', 'X', AS_DESCRIPTOR],
  ['ObservationDescription', 'X', AS_DESCRIPTOR],
  ['AssessmentSummaryDescription', 'X', AS_DESCRIPTOR],
];
