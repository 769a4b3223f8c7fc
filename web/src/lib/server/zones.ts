let zones: readonly string[] | undefined;

/** The time zones to choose from, as this server knows them: browsers may know others. */
export function timeZones(): readonly string[] {
  zones ??= ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return zones;
}
