CREATE TABLE webinar_registrants (
    id BIGSERIAL PRIMARY KEY,
    
    -- WebinarJam Identifiers
    webinarjam_id INTEGER UNIQUE NOT NULL,
    lead_id INTEGER,
    webinar_id INTEGER NOT NULL,
    schedule_id INTEGER NOT NULL,
    event_id INTEGER,
    
    -- Contact Information
    email VARCHAR(255) NOT NULL,
    first_name VARCHAR(255),
    last_name VARCHAR(255),
    phone_country_code VARCHAR(10),
    phone_number VARCHAR(50),
    
    -- Webinar Details
    webinar_name VARCHAR(255),
    schedule VARCHAR(255),
    event_date TIMESTAMP,
    signup_date TIMESTAMP,
    
    -- Attendance Data
    attended_live BOOLEAN DEFAULT FALSE,
    date_live TIMESTAMP NULL,
    entered_live INTERVAL NULL,
    time_live INTERVAL NULL,
    
    -- Purchase Tracking
    purchased_live BOOLEAN DEFAULT FALSE,
    revenue_live DECIMAL(10,2) DEFAULT 0,
    
    -- Replay Analytics
    attended_replay BOOLEAN DEFAULT FALSE,
    date_replay TIMESTAMP NULL,
    time_replay INTERVAL NULL,
    purchased_replay BOOLEAN DEFAULT FALSE,
    revenue_replay DECIMAL(10,2) DEFAULT 0,
    
    -- Metadata
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW(),
    last_synced_at TIMESTAMP DEFAULT NOW()
);

CREATE TABLE attendance_checks (
    id BIGSERIAL PRIMARY KEY,
    
    -- Reference Data
    registrant_id BIGINT REFERENCES webinar_registrants(id),
    ghl_contact_id VARCHAR(255),
    email VARCHAR(255) NOT NULL,
    
    -- Check Results
    attended BOOLEAN,
    attendance_status VARCHAR(50), -- 'attended', 'no_show', 'not_found'
    tag_added VARCHAR(100),
    tag_removed VARCHAR(100),
    
    -- Performance Metrics
    response_time_ms INTEGER,
    
    -- Timestamps
    checked_at TIMESTAMP DEFAULT NOW()
);

-- Lightning-fast email lookups
CREATE INDEX idx_webinar_registrants_email 
ON webinar_registrants(email);

-- Multi-condition lookups
CREATE INDEX idx_webinar_registrants_lookup 
ON webinar_registrants(email, webinar_id, schedule_id);

-- Analytics queries
CREATE INDEX idx_webinar_registrants_attended 
ON webinar_registrants(attended_live);

-- Performance monitoring
CREATE INDEX idx_attendance_checks_date 
ON attendance_checks(checked_at);
