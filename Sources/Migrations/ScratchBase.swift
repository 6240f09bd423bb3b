package import Postgres

/// What every scratch database starts with.
package enum ScratchBase {
  /// pg_cron can only live in one database of a server that preloads it, so scratch databases have a stand-in with the
  /// same table and functions; it runs nothing.
  private static let cron = """
    CREATE SCHEMA cron;
    CREATE SEQUENCE cron.jobid_seq;
    CREATE TABLE cron.stored_job (
      jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'), schedule text NOT NULL, command text NOT NULL,
      nodename text NOT NULL DEFAULT 'localhost', nodeport int NOT NULL DEFAULT 5432,
      username text NOT NULL DEFAULT current_user, active boolean NOT NULL DEFAULT true, jobname name,
      UNIQUE (jobname, username));
    -- A copy of this database has another name, and the jobs are its own.
    CREATE VIEW cron.job AS
      SELECT jobid, schedule, command, nodename, nodeport, current_database()::text AS database, username, active, jobname
        FROM cron.stored_job;
    CREATE TABLE cron.job_run_details (
      jobid bigint, runid bigint PRIMARY KEY, job_pid int, database text, username text, command text, status text,
      return_message text, start_time timestamptz, end_time timestamptz);
    CREATE FUNCTION cron.schedule(job_name name, schedule text, command text) RETURNS bigint LANGUAGE sql AS
      'INSERT INTO cron.stored_job (jobname, schedule, command) VALUES (job_name, schedule, command)
       ON CONFLICT (jobname, username) DO UPDATE SET schedule = excluded.schedule, command = excluded.command
       RETURNING jobid';
    CREATE FUNCTION cron.unschedule(job_name name) RETURNS boolean LANGUAGE sql AS
      'WITH gone AS (DELETE FROM cron.stored_job WHERE jobname = job_name RETURNING 1) SELECT EXISTS (SELECT FROM gone)';
    CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE sql AS
      'WITH gone AS (DELETE FROM cron.stored_job WHERE jobid = job_id RETURNING 1) SELECT EXISTS (SELECT FROM gone)';
    CREATE FUNCTION cron.alter_job(job_id bigint, schedule text DEFAULT NULL, command text DEFAULT NULL,
                                   database text DEFAULT NULL, username text DEFAULT NULL, active boolean DEFAULT NULL)
      RETURNS void LANGUAGE sql AS
      'UPDATE cron.stored_job j SET schedule = coalesce(alter_job.schedule, j.schedule),
         command = coalesce(alter_job.command, j.command), active = coalesce(alter_job.active, j.active)
       WHERE jobid = job_id';
    """

  /// The template of an empty database with the stand-in, for what a superuser does.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package static func template(_ server: ScratchServer) async throws -> ScratchTemplate {
    try await server.template(for: Digest(of: cron)) { try await $0.execute(cron) }
  }

  /// The template of an empty database with the stand-in, for what is loaded.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package static func loadedTemplate(_ server: ScratchServer) async throws -> ScratchTemplate {
    try await server.loadedTemplate(for: Digest(of: "loaded \(cron)")) { try await $0.execute(cron) }
  }

  package static var key: String { Digest(of: cron).short }
}
