-- Rate-limited public lead insertion
INSERT INTO marketing.leads (email, company_name, source) 
VALUES ('user@company.com', 'Company Inc', 'website-form');

-- Session progress update
UPDATE onboarding.sessions 
SET current_step = 'bot_setup', business_info_completed_at = NOW()
WHERE session_token = 'sess_user_token_123';

-- Event insertion with auto-enrichment
INSERT INTO analytics.events (type, name, session_id, properties)
VALUES ('user_action', 'demo_request', 'session_123', '{"page": "/demo"}'::JSONB);

-- Auto-assign user to active experiments
SELECT auto_assign_experiments(
  user_id := '550e8400-e29b-41d4-a716-446655440001'::UUID,
  session_id := 'session_123',
  country := 'US'
);

SET app.environment = 'development';

-- Check database health
SELECT * FROM public.index_usage_stats ORDER BY idx_scan DESC LIMIT 10;

-- Monitor lead conversion funnel
SELECT source, status, COUNT(*) as count 
FROM marketing.leads 
WHERE created_at > NOW() - INTERVAL '30 days'
GROUP BY source, status;

-- Analyze onboarding drop-off
SELECT current_step, status, AVG(progress_percentage) as avg_progress
FROM onboarding.sessions 
WHERE started_at > NOW() - INTERVAL '7 days'
GROUP BY current_step, status;

-- Check slow queries
SELECT query, mean_time, calls 
FROM pg_stat_statements 
ORDER BY mean_time DESC LIMIT 10;

-- Analyze table sizes
SELECT schemaname, tablename, 
       pg_size_pretty(pg_relation_size(schemaname||'.'||tablename)) as size
FROM pg_tables 
WHERE schemaname IN ('marketing', 'onboarding', 'analytics')
ORDER BY pg_relation_size(schemaname||'.'||tablename) DESC;

-- Test policy with specific user context
SET app.user_email = 'test@example.com';
SET app.session_token = 'sess_test_token';
SELECT * FROM marketing.leads LIMIT 1;
