-- Two roles: one owns the tables and migrates, the other one runs the service and can only read and write rows.
-- Run it as a superuser, connected to the database of Followthrough, before or after its first migration; more than once does
-- no harm. Then give both a password: see docs/operations.md.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'followthrough_owner') THEN
        CREATE ROLE followthrough_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'followthrough_run') THEN
        CREATE ROLE followthrough_run LOGIN;
    END IF;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO followthrough_owner;
GRANT USAGE ON SCHEMA public TO followthrough_run;

-- Tables and functions that somebody else made, as those of a time with one role, become the owner's.
DO $$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'followthrough_owner' LOOP
        EXECUTE format('ALTER TABLE public.%I OWNER TO followthrough_owner', made.tablename);
    END LOOP;
    FOR made IN
        SELECT oid::regprocedure AS function FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) <> 'followthrough_owner'
            AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO followthrough_owner', made.function);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO followthrough_run;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO followthrough_run;
ALTER DEFAULT PRIVILEGES FOR ROLE followthrough_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO followthrough_run;
ALTER DEFAULT PRIVILEGES FOR ROLE followthrough_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO followthrough_run;
