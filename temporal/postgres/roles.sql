-- Runs once, when the database server makes its data folder: two roles with passwords from files (never in an
-- environment, a command line or a log), one for Viaduct's database and one that makes Temporal's databases itself.
DO $$
BEGIN
  EXECUTE format('CREATE ROLE viaduct_app LOGIN PASSWORD %L',
    rtrim(pg_read_file('/run/secrets/viaduct-database-password'), E'\n'));
  EXECUTE format('CREATE ROLE temporal LOGIN CREATEDB PASSWORD %L',
    rtrim(pg_read_file('/run/secrets/temporal-database-password'), E'\n'));
END
$$;
ALTER DATABASE viaduct OWNER TO viaduct_app;
REVOKE CONNECT ON DATABASE viaduct FROM PUBLIC;
