extension External {
  /// pg_cron as a hosting platform brings it: its schema and extension are not ours, the jobs that are declared are.
  ///
  /// dbtool's scratch databases always have a stand-in for it, which runs nothing.
  public static var pgCron: External { External("pg_cron", schemas: ["cron"], extensions: ["pg_cron"], standIn: "") }
}
