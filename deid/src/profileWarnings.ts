import { keywordOf, tagOf } from '@viaduct/dicom/dictionary';
import { attributesOfModule } from './modules.ts';
import type { Profile, ProfileRule } from './profile.ts';
import { rowOf } from './table.ts';

/** What a profile does that protects less than the Basic Profile, in a sentence each; options of the standard are not counted. */
export function profileWarnings(profile: Profile): readonly string[] {
  const { options, rules, safePrivate, pixels, maximumAge, descriptors } = profile;
  const warnings = rules.flatMap((rule, at) => {
    const reason = weaknessOf(rule);
    return reason === undefined ? [] : [`Rule ${at + 1} ${reason}`];
  });
  if (options.descriptors === 'keep') warnings.push('Descriptions stay as people typed them and may name the patient.');
  if (options.retainUIDs) warnings.push('UIDs stay: whoever has the originals can find the patient by them.');
  if (options.dates === 'keep' && options.retainInstitutionIdentity) {
    warnings.push('True dates together with the institution can tell who somebody is.');
  }
  if (safePrivate.length > 0) warnings.push('Private attributes stay that the standard does not call safe.');
  if (descriptors.patterns.some((pattern) => new RegExp(`^(?:${pattern})$`, 'u').test('mustermann'))) {
    warnings.push('A pattern for safe words also fits names.');
  }
  pixels.masks.forEach(({ rectangles }, at) => {
    if (rectangles.length === 0) warnings.push(`Mask ${at + 1} blackens nothing: images of its device pass unseen.`);
  });
  if (pixels.atRisk === 'pass') warnings.push('Images with names burned in pass unseen.');
  if (maximumAge === null || maximumAge > 89) warnings.push('Ages above 89 stay, by which few people are told apart.');
  return warnings;
}

function weaknessOf({ match, action }: ProfileRule): string | undefined {
  if (action.do !== 'keep' && action.do !== 'substitute' && action.do !== 'clean') return undefined;
  if (match.privateCreator !== undefined) return `lets private attributes of ${match.privateCreator} through.`;
  if (match.module !== undefined && match.attribute === undefined) {
    const isInTable = [...attributesOfModule(match.module)].some((tag) => rowOf(tag) !== undefined);
    return isInTable ? `lets attributes of the module ${match.module} through, whatever the table says.` : undefined;
  }
  if (match.attribute === undefined)
    return `lets all attributes of VR ${match.vr ?? 'any'} through, whatever the table says.`;
  if (/x/i.test(match.attribute) && /^[0-9a-fx]{8}$/i.test(match.attribute)) {
    return `lets all attributes ${match.attribute} through, whatever the table says.`;
  }
  const tag = /^[0-9a-f]{8}$/i.test(match.attribute) ? Number.parseInt(match.attribute, 16) : tagOf(match.attribute);
  const row = rowOf(tag);
  return row && `is weaker than the Basic Profile, which has ${row.code} for ${keywordOf(tag) ?? match.attribute}.`;
}
