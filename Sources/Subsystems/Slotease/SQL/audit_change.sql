DECLARE
  v_old jsonb := to_jsonb(OLD) - 'key_hash';
  v_new jsonb := to_jsonb(NEW) - 'key_hash';
  v_row jsonb := coalesce(v_old, v_new);
  v_changes jsonb := public.row_changes(v_old, v_new);
BEGIN
  IF v_changes IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO audit_log (table_name, row_id, action, organization_id, subject_id, subject_user_id, actor_id, actor_role, changes)
  VALUES (TG_ARGV[0], v_row ->> 'id', lower(TG_OP)::audit_action,
          (CASE TG_ARGV[0]
             WHEN 'organizations' THEN v_row ->> 'id'
             WHEN 'service_resources' THEN (SELECT s.organization_id::text FROM services s WHERE s.id = (v_row ->> 'service_id')::uuid)
             ELSE v_row ->> 'organization_id' END)::uuid,
          (CASE TG_ARGV[0] WHEN 'user_profiles' THEN v_row ->> 'id'
           ELSE coalesce(v_row ->> 'customer_id', v_row ->> 'profile_id') END)::uuid,
          coalesce(v_row ->> 'user_id', v_new ->> 'user_id', v_row ->> 'created_by')::uuid, auth.uid(), current_setting('role'), v_changes);
  RETURN NULL;
END
