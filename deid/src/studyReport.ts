import type { Profile } from './profile.ts';
import { profileHash } from './profileJson.ts';
import { profileWarnings } from './profileWarnings.ts';
import type { DeidReport } from './pseudonymizer.ts';
import type { Change, Outcome } from './record.ts';

/** What happened to one instance; UIDs and names are those of the output. */
export interface InstanceRecord {
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly changes: readonly Change[];
  readonly report: DeidReport;
}

/** How often a rule did something to an attribute. */
export interface RuleCount {
  /** Keyword, else the tag. */
  readonly attribute: string;
  readonly outcome: Outcome;
  readonly rule: string;
  readonly count: number;
}

/** What was done to a study, without any value of it. */
export interface StudyReport {
  readonly studyInstanceUID: string;
  readonly profile: { readonly id: string; readonly version: number; readonly hash: string };
  /** Where the profile protects less than the Basic Profile. */
  readonly warnings: readonly string[];
  readonly instances: number;
  /** Instances whose values were not what their VR says, whose document was replaced, whose pixels were masked. */
  readonly invalidValues: number;
  readonly replacedDocuments: number;
  readonly maskedInstances: number;
  /** Places in pixel data that no picture shows and that were overwritten. */
  readonly overwrittenPlaces: number;
  /** Words that were left out of descriptions. */
  readonly droppedWords: number;
  readonly rules: readonly RuleCount[];
}

function attributeOf({ keyword, path }: Change): string {
  return keyword || path.slice(path.lastIndexOf('('));
}

function countRules(records: readonly InstanceRecord[]): RuleCount[] {
  const counts = new Map<string, RuleCount>();
  for (const change of records.flatMap(({ changes }) => changes)) {
    const { outcome, rule } = change;
    const attribute = attributeOf(change);
    const key = `${attribute} ${outcome} ${rule}`;
    counts.set(key, { attribute, outcome, rule, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => (a.attribute < b.attribute ? -1 : 1));
}

/** The reports of the studies that instances belong to, in the order in which they came. */
export function studyReports(records: readonly InstanceRecord[], profile: Profile): StudyReport[] {
  const studies = Map.groupBy(records, ({ studyInstanceUID }) => studyInstanceUID);
  const sum = (of: readonly InstanceRecord[], count: (report: DeidReport) => number): number =>
    of.reduce((total, { report }) => total + count(report), 0);
  return [...studies].map(([studyInstanceUID, of]) => ({
    studyInstanceUID,
    profile: { id: profile.id, version: profile.version, hash: profileHash(profile) },
    warnings: profileWarnings(profile),
    instances: of.length,
    invalidValues: sum(of, ({ invalid }) => invalid.length),
    replacedDocuments: sum(of, ({ isDocumentReplaced }) => Number(isDocumentReplaced)),
    maskedInstances: sum(of, ({ pixels }) => Number(pixels.do === 'mask')),
    overwrittenPlaces: sum(of, ({ overwrittenPlaces }) => overwrittenPlaces),
    droppedWords: sum(of, ({ dropped }) => dropped.reduce((total, { words }) => total + words.length, 0)),
    rules: countRules(of),
  }));
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function studySection(study: StudyReport): string {
  const facts = [
    `Profile ${study.profile.id} ${study.profile.version}@${study.profile.hash}`,
    `${study.instances} instances`,
    `${study.invalidValues} invalid values`,
    `${study.replacedDocuments} replaced documents`,
    `${study.maskedInstances} masked instances`,
    `${study.overwrittenPlaces} places beside the pixels overwritten`,
    `${study.droppedWords} words left out`,
  ];
  const rows = study.rules.map(
    ({ attribute, outcome, rule, count }) =>
      `<tr><td>${escaped(attribute)}</td><td>${outcome}</td><td>${escaped(rule)}</td><td>${count}</td></tr>`,
  );
  return `<section><h2>${escaped(study.studyInstanceUID)}</h2>
<ul>${[...facts, ...study.warnings].map((fact) => `<li>${escaped(fact)}</li>`).join('')}</ul>
<table><thead><tr><th>Attribute</th><th>Outcome</th><th>Rule</th><th>Count</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></section>`;
}

/** The reports as a page for people, complete in itself. */
export function reportPage(studies: readonly StudyReport[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>De-identification report</title>
<style>body{font:15px system-ui;margin:2rem}table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem;border-bottom:1px solid #ccc}</style>
</head><body><h1>De-identification report</h1>
${studies.map(studySection).join('\n')}
</body></html>
`;
}
