// Applies the migrations that are missing: run once before the processes of a new version start.
import { readSettings, SettingsError } from '@viaduct/configuration';
import { isUnavailable, migrate, MigrationError } from '@viaduct/prisma';

try {
  const applied = await migrate(readSettings().DATABASE_URL);
  console.log(applied.length > 0 ? `migrations applied: ${applied.join(', ')}` : 'the database is up to date');
} catch (error) {
  if (error instanceof SettingsError || error instanceof MigrationError) console.error(error.message);
  else if (isUnavailable(error)) console.error('the database does not answer');
  else console.error(error);
  process.exitCode = 1;
}
