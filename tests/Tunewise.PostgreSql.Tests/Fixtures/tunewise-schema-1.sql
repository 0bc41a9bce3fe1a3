CREATE TYPE studydirection AS ENUM (
    'NOT_SET',
    'MINIMIZE',
    'MAXIMIZE'
);
CREATE TYPE trialintermediatevaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG',
    'NAN'
);
CREATE TYPE trialstate AS ENUM (
    'RUNNING',
    'COMPLETE',
    'PRUNED',
    'FAIL',
    'WAITING'
);
CREATE TYPE trialvaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG'
);
CREATE FUNCTION tunewise_forget() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN DELETE FROM tunewise_numbers WHERE study_id = OLD.study_id; RETURN NULL; END $$;
CREATE FUNCTION tunewise_refuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE FUNCTION tunewise_remember() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO tunewise_numbers (study_id, next_number) SELECT study_id, MAX(number) + 1 FROM gone WHERE study_id IS NOT NULL AND number IS NOT NULL GROUP BY study_id ON CONFLICT (study_id) DO UPDATE SET next_number = GREATEST(tunewise_numbers.next_number, excluded.next_number); RETURN NULL; END $$;
CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE studies (
    study_id integer NOT NULL,
    study_name character varying(512) NOT NULL
);
CREATE SEQUENCE studies_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE studies_study_id_seq OWNED BY studies.study_id;
CREATE TABLE study_directions (
    study_direction_id integer NOT NULL,
    direction studydirection NOT NULL,
    study_id integer NOT NULL,
    objective integer NOT NULL
);
CREATE SEQUENCE study_directions_study_direction_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE study_directions_study_direction_id_seq OWNED BY study_directions.study_direction_id;
CREATE TABLE study_system_attributes (
    study_system_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE study_system_attributes_study_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE study_system_attributes_study_system_attribute_id_seq OWNED BY study_system_attributes.study_system_attribute_id;
CREATE TABLE study_user_attributes (
    study_user_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE study_user_attributes_study_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE study_user_attributes_study_user_attribute_id_seq OWNED BY study_user_attributes.study_user_attribute_id;
CREATE TABLE trial_heartbeats (
    trial_heartbeat_id integer NOT NULL,
    trial_id integer NOT NULL,
    heartbeat timestamp without time zone NOT NULL
);
CREATE SEQUENCE trial_heartbeats_trial_heartbeat_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trial_heartbeats_trial_heartbeat_id_seq OWNED BY trial_heartbeats.trial_heartbeat_id;
CREATE TABLE trial_intermediate_values (
    trial_intermediate_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    step integer NOT NULL,
    intermediate_value double precision,
    intermediate_value_type trialintermediatevaluetype NOT NULL
);
CREATE SEQUENCE trial_intermediate_values_trial_intermediate_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trial_intermediate_values_trial_intermediate_value_id_seq OWNED BY trial_intermediate_values.trial_intermediate_value_id;
CREATE TABLE trial_params (
    param_id integer NOT NULL,
    trial_id integer,
    param_name character varying(512),
    param_value double precision,
    distribution_json text
);
CREATE SEQUENCE trial_params_param_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trial_params_param_id_seq OWNED BY trial_params.param_id;
CREATE TABLE trial_system_attributes (
    trial_system_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE trial_system_attributes_trial_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trial_system_attributes_trial_system_attribute_id_seq OWNED BY trial_system_attributes.trial_system_attribute_id;
CREATE TABLE trial_user_attributes (
    trial_user_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE trial_user_attributes_trial_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trial_user_attributes_trial_user_attribute_id_seq OWNED BY trial_user_attributes.trial_user_attribute_id;
CREATE TABLE trial_values (
    trial_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    objective integer NOT NULL,
    value double precision,
    value_type trialvaluetype NOT NULL
);
CREATE SEQUENCE trial_values_trial_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trial_values_trial_value_id_seq OWNED BY trial_values.trial_value_id;
CREATE TABLE trials (
    trial_id integer NOT NULL,
    number integer,
    study_id integer,
    state trialstate NOT NULL,
    datetime_start timestamp without time zone,
    datetime_complete timestamp without time zone
);
CREATE SEQUENCE trials_trial_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE trials_trial_id_seq OWNED BY trials.trial_id;
CREATE TABLE tunewise_endings (
    trial_id integer NOT NULL,
    failure character varying(32),
    reason text,
    detail text
);
CREATE TABLE tunewise_leases (
    trial_id integer NOT NULL,
    worker text NOT NULL,
    expires_ms bigint NOT NULL
);
CREATE TABLE tunewise_meta (
    name character varying(64) NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE tunewise_numbers (
    study_id integer NOT NULL,
    next_number integer NOT NULL
);
CREATE TABLE tunewise_retries (
    trial_id integer NOT NULL,
    study_id integer NOT NULL,
    retried_by integer NOT NULL
);
CREATE TABLE version_info (
    version_info_id integer NOT NULL,
    schema_version integer,
    library_version character varying(256),
    CONSTRAINT version_info_version_info_id_check CHECK ((version_info_id = 1))
);
ALTER TABLE ONLY studies ALTER COLUMN study_id SET DEFAULT nextval('studies_study_id_seq'::regclass);
ALTER TABLE ONLY study_directions ALTER COLUMN study_direction_id SET DEFAULT nextval('study_directions_study_direction_id_seq'::regclass);
ALTER TABLE ONLY study_system_attributes ALTER COLUMN study_system_attribute_id SET DEFAULT nextval('study_system_attributes_study_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY study_user_attributes ALTER COLUMN study_user_attribute_id SET DEFAULT nextval('study_user_attributes_study_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY trial_heartbeats ALTER COLUMN trial_heartbeat_id SET DEFAULT nextval('trial_heartbeats_trial_heartbeat_id_seq'::regclass);
ALTER TABLE ONLY trial_intermediate_values ALTER COLUMN trial_intermediate_value_id SET DEFAULT nextval('trial_intermediate_values_trial_intermediate_value_id_seq'::regclass);
ALTER TABLE ONLY trial_params ALTER COLUMN param_id SET DEFAULT nextval('trial_params_param_id_seq'::regclass);
ALTER TABLE ONLY trial_system_attributes ALTER COLUMN trial_system_attribute_id SET DEFAULT nextval('trial_system_attributes_trial_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY trial_user_attributes ALTER COLUMN trial_user_attribute_id SET DEFAULT nextval('trial_user_attributes_trial_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY trial_values ALTER COLUMN trial_value_id SET DEFAULT nextval('trial_values_trial_value_id_seq'::regclass);
ALTER TABLE ONLY trials ALTER COLUMN trial_id SET DEFAULT nextval('trials_trial_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('v3.2.0.a');
INSERT INTO studies VALUES (1, 'old');
INSERT INTO studies VALUES (2, 'two objectives');
INSERT INTO studies VALUES (3, 'paused');
INSERT INTO study_directions VALUES (1, 'MINIMIZE', 1, 0);
INSERT INTO study_directions VALUES (2, 'MAXIMIZE', 2, 0);
INSERT INTO study_directions VALUES (3, 'MINIMIZE', 2, 1);
INSERT INTO study_directions VALUES (4, 'MAXIMIZE', 3, 0);
INSERT INTO study_system_attributes VALUES (1, 1, 'study:metric_names', '["loss"]');
INSERT INTO study_system_attributes VALUES (2, 2, 'study:metric_names', '["accuracy", "size"]');
INSERT INTO study_system_attributes VALUES (3, 3, 'study:metric_names', '["accuracy"]');
INSERT INTO study_user_attributes VALUES (1, 1, 'owner', '"schema 1"');
INSERT INTO trial_intermediate_values VALUES (1, 1, 0, 2.188274107611506, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (2, 1, 1, 2.0216074409448397, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (3, 1, 2, 1.9382741076115062, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (4, 1, 3, 1.8882741076115062, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (5, 2, 0, 1.9318005538532184, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (6, 2, 1, 1.8818005538532183, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (7, 2, 2, 1.848467220519885, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (8, 2, 3, 1.8246576967103612, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (9, 3, 0, 2.0168769009919174, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (10, 3, 1, 1.5168769009919174, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (11, 3, 2, 1.3502102343252507, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (12, 3, 3, 1.2668769009919174, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (13, 5, 0, 1.3501975077164672, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (14, 5, 1, 1.3001975077164671, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (15, 5, 2, 1.266864174383134, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (16, 5, 3, 1.24305465057361, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (17, 6, 0, 1.9277757187969544, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (18, 6, 1, 1.4277757187969544, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (19, 6, 2, NULL, 'NAN');
INSERT INTO trial_intermediate_values VALUES (20, 6, 3, 1.1777757187969544, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (21, 7, 0, 0.740240480658658, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (22, 7, 1, 0.6569071473253247, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (23, 7, 2, 0.6069071473253247, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (24, 7, 3, 0.5735738139919914, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (25, 8, 0, 1.1004440451856514, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (26, 8, 1, 1.0171107118523182, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (27, 8, 2, 0.9671107118523181, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (28, 8, 3, 0.9337773785189848, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (29, 9, 0, 0.713601074602545, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (30, 9, 1, 0.6302677412692117, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (31, 9, 2, 0.5802677412692117, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (32, 9, 3, 0.5469344079358783, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (33, 10, 0, 2.29191579720308, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (34, 10, 1, 2.125249130536413, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (35, 11, 0, 1.7935044101512343, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (36, 11, 1, 1.7435044101512343, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (37, 12, 0, 1.1835446756597157, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (38, 12, 1, 0.6835446756597157, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (39, 12, 2, 0.5168780089930489, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (40, 12, 3, 0.43354467565971566, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (41, 13, 0, 1.8854515912327132, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (42, 13, 1, 1.3854515912327132, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (43, 14, 0, 0.6485807974305572, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (44, 14, 1, 0.48191413076389056, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (45, 14, 2, 0.3985807974305572, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (46, 14, 3, 0.34858079743055725, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (47, 15, 0, 0.6983108938669588, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (48, 15, 1, 0.5316442272002921, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (49, 15, 2, 0.44831089386695877, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (50, 15, 3, 0.39831089386695884, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (51, 21, 0, 0.30009749816671505, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (52, 21, 1, 0.6001949963334301, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (53, 22, 0, 0.7709523627556454, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (54, 22, 1, 1.5419047255112908, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (55, 22, 2, 2.312857088266936, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (56, 23, 0, 0.7095663274755435, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (57, 23, 1, 1.419132654951087, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (58, 24, 0, 0.19578947852777773, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (59, 24, 1, 0.39157895705555545, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (60, 25, 0, 0.7095663274755435, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (61, 25, 1, 1.419132654951087, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (62, 25, 2, 2.1286989824266307, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (63, 26, 0, 0.7709523627556454, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (64, 26, 1, 1.5419047255112908, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (65, 26, 2, 2.312857088266936, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (66, 26, 3, 3.0838094510225815, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (67, 27, 0, 0.9361218568555871, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (68, 27, 1, 1.8722437137111743, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (69, 27, 2, 2.808365570566761, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (70, 27, 3, 3.7444874274223485, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (71, 28, 0, 0.9503061477252479, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (72, 28, 1, 1.9006122954504958, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (73, 28, 2, 2.8509184431757437, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (74, 28, 3, 3.8012245909009916, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (75, 30, 0, 1.5, 'FINITE');
INSERT INTO trial_params VALUES (1, 1, 'lr', 0.00021074319358392544, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (2, 1, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (3, 1, 'momentum', 0.12027664636982115, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO trial_params VALUES (4, 1, 'layers', 2, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (5, 2, 'lr', 0.48061857765563076, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (6, 2, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (7, 2, 'layers', 4, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (8, 3, 'lr', 0.0009618848821131478, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (9, 3, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (10, 3, 'layers', 1, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (11, 4, 'lr', 0.11663335157664537, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (12, 4, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (13, 4, 'momentum', 0.3337475202265071, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO trial_params VALUES (14, 4, 'layers', 4, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (15, 5, 'lr', 0.11663335157664537, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (16, 5, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (17, 5, 'momentum', 0.3337475202265071, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO trial_params VALUES (18, 5, 'layers', 4, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (19, 6, 'lr', 0.0011809303419918465, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (20, 6, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (21, 6, 'layers', 1, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (22, 7, 'lr', 0.003918256409392313, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (23, 7, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (24, 7, 'layers', 3, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (25, 8, 'lr', 0.0017095794476269844, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (26, 8, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (27, 8, 'layers', 3, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (28, 9, 'lr', 0.004166124639262039, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (29, 9, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (30, 9, 'layers', 3, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (31, 10, 'lr', 0.6193209869403207, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (32, 10, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (33, 10, 'layers', 2, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (34, 11, 'lr', 0.0002860853309233881, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (35, 11, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (36, 11, 'layers', 4, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (37, 12, 'lr', 0.015259653620399218, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (38, 12, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (39, 12, 'layers', 1, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (40, 13, 'lr', 0.07681598277368855, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (41, 13, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (42, 13, 'layers', 1, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (43, 14, 'lr', 0.008820604078542679, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (44, 14, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (45, 14, 'momentum', 0.9407912621249862, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO trial_params VALUES (46, 14, 'layers', 2, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (47, 15, 'lr', 0.013284205881381133, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (48, 15, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (49, 15, 'momentum', 0.7497529610239386, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO trial_params VALUES (50, 15, 'layers', 2, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO trial_params VALUES (51, 16, 'x', 0.30009749816671505, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (52, 17, 'x', 0.7709523627556454, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (53, 18, 'x', 0.7095663274755435, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (54, 19, 'x', 0.19578947852777773, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (55, 20, 'x', 0.09505073062469871, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (56, 21, 'x', 0.30009749816671505, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (57, 22, 'x', 0.7709523627556454, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (58, 23, 'x', 0.7095663274755435, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (59, 24, 'x', 0.19578947852777773, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (60, 25, 'x', 0.7095663274755435, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (61, 26, 'x', 0.7709523627556454, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (62, 27, 'x', 0.9361218568555871, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (63, 28, 'x', 0.9503061477252479, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (64, 30, 'lr', 0.01, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_system_attributes VALUES (1, 5, 'tunewise:origin', '3');
INSERT INTO trial_system_attributes VALUES (2, 5, 'failed_trial', '3');
INSERT INTO trial_system_attributes VALUES (3, 5, 'retry_history', '[3]');
INSERT INTO trial_system_attributes VALUES (4, 5, 'tunewise:attempts', '1');
INSERT INTO trial_system_attributes VALUES (5, 16, 'constraints:latency', '-0.3999025018332849');
INSERT INTO trial_system_attributes VALUES (6, 17, 'constraints:latency', '0.07095236275564543');
INSERT INTO trial_system_attributes VALUES (7, 18, 'constraints:latency', '0.009566327475543535');
INSERT INTO trial_system_attributes VALUES (8, 19, 'constraints:latency', '-0.5042105214722222');
INSERT INTO trial_system_attributes VALUES (9, 20, 'constraints:latency', '-0.6049492693753012');
INSERT INTO trial_system_attributes VALUES (10, 21, 'completed_rung_0', '0.6001949963334301');
INSERT INTO trial_system_attributes VALUES (11, 21, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (12, 22, 'completed_rung_0', '1.5419047255112908');
INSERT INTO trial_system_attributes VALUES (13, 22, 'completed_rung_1', '2.312857088266936');
INSERT INTO trial_system_attributes VALUES (14, 22, 'tunewise:paused_at', '1.0');
INSERT INTO trial_system_attributes VALUES (15, 23, 'completed_rung_0', '1.419132654951087');
INSERT INTO trial_system_attributes VALUES (16, 23, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (17, 24, 'completed_rung_0', '0.39157895705555545');
INSERT INTO trial_system_attributes VALUES (18, 24, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (19, 25, 'completed_rung_0', '1.419132654951087');
INSERT INTO trial_system_attributes VALUES (20, 25, 'tunewise:continues', '2');
INSERT INTO trial_system_attributes VALUES (21, 25, 'tunewise:origin', '2');
INSERT INTO trial_system_attributes VALUES (22, 25, 'completed_rung_1', '2.1286989824266307');
INSERT INTO trial_system_attributes VALUES (23, 25, 'tunewise:paused_at', '1.0');
INSERT INTO trial_system_attributes VALUES (24, 26, 'completed_rung_0', '1.5419047255112908');
INSERT INTO trial_system_attributes VALUES (25, 26, 'completed_rung_1', '2.312857088266936');
INSERT INTO trial_system_attributes VALUES (26, 26, 'tunewise:continues', '1');
INSERT INTO trial_system_attributes VALUES (27, 26, 'tunewise:origin', '1');
INSERT INTO trial_system_attributes VALUES (28, 27, 'completed_rung_0', '1.8722437137111743');
INSERT INTO trial_system_attributes VALUES (29, 27, 'completed_rung_1', '2.808365570566761');
INSERT INTO trial_system_attributes VALUES (30, 28, 'completed_rung_0', '1.9006122954504958');
INSERT INTO trial_system_attributes VALUES (31, 28, 'completed_rung_1', '2.8509184431757437');
INSERT INTO trial_system_attributes VALUES (32, 30, 'fixed_params', '{"lr": 0.01}');
INSERT INTO trial_system_attributes VALUES (33, 31, 'fixed_params', '{"lr": 0.02}');
INSERT INTO trial_user_attributes VALUES (1, 1, 'note', '"trial 0"');
INSERT INTO trial_user_attributes VALUES (2, 2, 'note', '"trial 1"');
INSERT INTO trial_user_attributes VALUES (3, 3, 'note', '"trial 2"');
INSERT INTO trial_user_attributes VALUES (4, 4, 'note', '"trial 3"');
INSERT INTO trial_user_attributes VALUES (5, 5, 'note', '"trial 4"');
INSERT INTO trial_user_attributes VALUES (7, 6, 'note', '"trial 5"');
INSERT INTO trial_user_attributes VALUES (8, 7, 'note', '"trial 6"');
INSERT INTO trial_user_attributes VALUES (9, 8, 'note', '"trial 7"');
INSERT INTO trial_user_attributes VALUES (10, 9, 'note', '"trial 8"');
INSERT INTO trial_user_attributes VALUES (11, 10, 'note', '"trial 9"');
INSERT INTO trial_user_attributes VALUES (12, 11, 'note', '"trial 10"');
INSERT INTO trial_user_attributes VALUES (13, 12, 'note', '"trial 11"');
INSERT INTO trial_user_attributes VALUES (14, 13, 'note', '"trial 12"');
INSERT INTO trial_user_attributes VALUES (15, 14, 'note', '"trial 13"');
INSERT INTO trial_user_attributes VALUES (16, 15, 'note', '"trial 14"');
INSERT INTO trial_values VALUES (1, 1, 0, 1.6882741076115062, 'FINITE');
INSERT INTO trial_values VALUES (2, 2, 0, 1.6818005538532184, 'FINITE');
INSERT INTO trial_values VALUES (3, 3, 0, 1.0168769009919174, 'FINITE');
INSERT INTO trial_values VALUES (4, 5, 0, 1.1001975077164672, 'FINITE');
INSERT INTO trial_values VALUES (5, 6, 0, 0.9277757187969544, 'FINITE');
INSERT INTO trial_values VALUES (6, 7, 0, 0.40690714732532474, 'FINITE');
INSERT INTO trial_values VALUES (7, 9, 0, 0.3802677412692117, 'FINITE');
INSERT INTO trial_values VALUES (8, 10, 0, 2.125249130536413, 'FINITE');
INSERT INTO trial_values VALUES (9, 11, 0, 1.7435044101512343, 'FINITE');
INSERT INTO trial_values VALUES (10, 12, 0, 0.18354467565971566, 'FINITE');
INSERT INTO trial_values VALUES (11, 13, 0, 1.3854515912327132, 'FINITE');
INSERT INTO trial_values VALUES (12, 14, 0, 0.14858079743055722, 'FINITE');
INSERT INTO trial_values VALUES (13, 15, 0, 0.1983108938669588, 'FINITE');
INSERT INTO trial_values VALUES (14, 16, 0, 0.30009749816671505, 'FINITE');
INSERT INTO trial_values VALUES (15, 16, 1, 0.09005850840592154, 'FINITE');
INSERT INTO trial_values VALUES (16, 17, 0, 0.7709523627556454, 'FINITE');
INSERT INTO trial_values VALUES (17, 17, 1, 0.5943675456385122, 'FINITE');
INSERT INTO trial_values VALUES (18, 18, 0, 0.7095663274755435, 'FINITE');
INSERT INTO trial_values VALUES (19, 18, 1, 0.5034843730871302, 'FINITE');
INSERT INTO trial_values VALUES (20, 19, 0, 0.19578947852777773, 'FINITE');
INSERT INTO trial_values VALUES (21, 19, 1, 0.03833351990217913, 'FINITE');
INSERT INTO trial_values VALUES (22, 20, 0, 0.09505073062469871, 'FINITE');
INSERT INTO trial_values VALUES (23, 20, 1, 0.009034641392289038, 'FINITE');
INSERT INTO trial_values VALUES (24, 21, 0, 0.6001949963334301, 'FINITE');
INSERT INTO trial_values VALUES (25, 22, 0, 2.312857088266936, 'FINITE');
INSERT INTO trial_values VALUES (26, 23, 0, 1.419132654951087, 'FINITE');
INSERT INTO trial_values VALUES (27, 24, 0, 0.39157895705555545, 'FINITE');
INSERT INTO trial_values VALUES (28, 25, 0, 2.1286989824266307, 'FINITE');
INSERT INTO trial_values VALUES (29, 26, 0, 3.0838094510225815, 'FINITE');
INSERT INTO trial_values VALUES (30, 27, 0, 3.7444874274223485, 'FINITE');
INSERT INTO trial_values VALUES (31, 28, 0, 3.8012245909009916, 'FINITE');
INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', '2026-11-21 16:09:31.82883', '2026-11-21 16:09:31.954633');
INSERT INTO trials VALUES (2, 1, 1, 'COMPLETE', '2026-11-21 16:09:31.968134', '2026-11-21 16:09:31.991173');
INSERT INTO trials VALUES (3, 2, 1, 'COMPLETE', '2026-11-21 16:09:31.993478', '2026-11-21 16:09:31.999271');
INSERT INTO trials VALUES (4, 3, 1, 'FAIL', '2026-11-21 16:09:32.000731', '2026-11-21 16:09:32.016329');
INSERT INTO trials VALUES (5, 4, 1, 'COMPLETE', '2026-11-21 16:09:32.029289', '2026-11-21 16:09:32.036041');
INSERT INTO trials VALUES (6, 5, 1, 'COMPLETE', '2026-11-21 16:09:32.03807', '2026-11-21 16:09:32.052508');
INSERT INTO trials VALUES (7, 6, 1, 'COMPLETE', '2026-11-21 16:09:32.054269', '2026-11-21 16:09:32.098232');
INSERT INTO trials VALUES (8, 7, 1, 'FAIL', '2026-11-21 16:09:32.099598', '2026-11-21 16:09:32.10511');
INSERT INTO trials VALUES (9, 8, 1, 'COMPLETE', '2026-11-21 16:09:32.106332', '2026-11-21 16:09:32.110508');
INSERT INTO trials VALUES (10, 9, 1, 'PRUNED', '2026-11-21 16:09:32.11266', '2026-11-21 16:09:32.118319');
INSERT INTO trials VALUES (11, 10, 1, 'PRUNED', '2026-11-21 16:09:32.120618', '2026-11-21 16:09:32.126924');
INSERT INTO trials VALUES (12, 11, 1, 'COMPLETE', '2026-11-21 16:09:32.12802', '2026-11-21 16:09:32.130713');
INSERT INTO trials VALUES (13, 12, 1, 'PRUNED', '2026-11-21 16:09:32.131682', '2026-11-21 16:09:32.134554');
INSERT INTO trials VALUES (14, 13, 1, 'COMPLETE', '2026-11-21 16:09:32.135582', '2026-11-21 16:09:32.141518');
INSERT INTO trials VALUES (15, 14, 1, 'COMPLETE', '2026-11-21 16:09:32.142407', '2026-11-21 16:09:32.146024');
INSERT INTO trials VALUES (16, 0, 2, 'COMPLETE', '2026-11-21 16:09:32.154105', '2026-11-21 16:09:32.159601');
INSERT INTO trials VALUES (17, 1, 2, 'COMPLETE', '2026-11-21 16:09:32.160678', '2026-11-21 16:09:32.164629');
INSERT INTO trials VALUES (18, 2, 2, 'COMPLETE', '2026-11-21 16:09:32.165594', '2026-11-21 16:09:32.166686');
INSERT INTO trials VALUES (19, 3, 2, 'COMPLETE', '2026-11-21 16:09:32.167639', '2026-11-21 16:09:32.168634');
INSERT INTO trials VALUES (20, 4, 2, 'COMPLETE', '2026-11-21 16:09:32.16944', '2026-11-21 16:09:32.170592');
INSERT INTO trials VALUES (21, 0, 3, 'PRUNED', '2026-11-21 16:09:32.181285', '2026-11-21 16:09:32.197941');
INSERT INTO trials VALUES (22, 1, 3, 'PRUNED', '2026-11-21 16:09:32.206934', '2026-11-21 16:09:32.213506');
INSERT INTO trials VALUES (23, 2, 3, 'PRUNED', '2026-11-21 16:09:32.218644', '2026-11-21 16:09:32.221872');
INSERT INTO trials VALUES (24, 3, 3, 'PRUNED', '2026-11-21 16:09:32.22306', '2026-11-21 16:09:32.225154');
INSERT INTO trials VALUES (25, 4, 3, 'PRUNED', '2026-11-21 16:09:32.232408', '2026-11-21 16:09:32.239571');
INSERT INTO trials VALUES (26, 5, 3, 'COMPLETE', '2026-11-21 16:09:32.244856', '2026-11-21 16:09:32.24701');
INSERT INTO trials VALUES (27, 6, 3, 'COMPLETE', '2026-11-21 16:09:32.249173', '2026-11-21 16:09:32.251558');
INSERT INTO trials VALUES (28, 7, 3, 'COMPLETE', '2026-11-21 16:09:32.252455', '2026-11-21 16:09:32.254004');
INSERT INTO trials VALUES (30, 15, 1, 'RUNNING', '2026-11-21 16:09:32.265776', NULL);
INSERT INTO trials VALUES (31, 16, 1, 'WAITING', NULL, NULL);
INSERT INTO tunewise_endings VALUES (4, 'Exception', 'InvalidOperationException: first line of trouble', 'System.InvalidOperationException: first line of trouble
   at Program.<>c.<<Main>$>b__0_0(Trial trial, CancellationToken ct)
   at Tunewise.Study.<>c__DisplayClass55_0.<RunAsync>b__0(Trial trial, CancellationToken token)
   at Tunewise.Running.StudyRunner.EvaluateAsync(Trial trial, TrialStop stop, CancellationToken token)');
INSERT INTO tunewise_endings VALUES (8, 'InvalidResult', 'the objective returned NaN', NULL);
INSERT INTO tunewise_endings VALUES (10, NULL, 'step 1: 2.1252, median of 7 trials 1.4278', NULL);
INSERT INTO tunewise_endings VALUES (11, NULL, 'step 1: 1.7435, median of 7 trials 1.4278', NULL);
INSERT INTO tunewise_endings VALUES (13, NULL, 'step 1: 1.3855, median of 8 trials 1.364', NULL);
INSERT INTO tunewise_endings VALUES (21, NULL, 'step 1, rung 0: 0.60019, 1 trial so far, the best has 0.60019; paused', NULL);
INSERT INTO tunewise_endings VALUES (22, NULL, 'step 2, rung 1: 2.3129, 1 trial so far, the best has 2.3129; paused', NULL);
INSERT INTO tunewise_endings VALUES (23, NULL, 'step 1, rung 0: 1.4191, the best 1 of 3 have 1.5419 or better; paused', NULL);
INSERT INTO tunewise_endings VALUES (24, NULL, 'step 1, rung 0: 0.39158, the best 2 of 4 have 1.4191 or better; paused', NULL);
INSERT INTO tunewise_endings VALUES (25, NULL, 'step 2, rung 1: 2.1287, the best 1 of 2 have 2.3129 or better; paused', NULL);
INSERT INTO tunewise_leases VALUES (30, 'vm|8e9d5709-c075-4b39-8ccd-df0e760a5a95/pid:[4026531836]|21423|238325', 1795277432266);
INSERT INTO tunewise_meta VALUES ('schema', 1);
INSERT INTO tunewise_retries VALUES (4, 1, 5);
INSERT INTO tunewise_retries VALUES (23, 3, 25);
INSERT INTO tunewise_retries VALUES (22, 3, 26);
INSERT INTO version_info VALUES (1, 12, '4.9.0');
SELECT pg_catalog.setval('studies_study_id_seq', 4, true);
SELECT pg_catalog.setval('study_directions_study_direction_id_seq', 5, true);
SELECT pg_catalog.setval('study_system_attributes_study_system_attribute_id_seq', 4, true);
SELECT pg_catalog.setval('study_user_attributes_study_user_attribute_id_seq', 1, true);
SELECT pg_catalog.setval('trial_heartbeats_trial_heartbeat_id_seq', 1, false);
SELECT pg_catalog.setval('trial_intermediate_values_trial_intermediate_value_id_seq', 75, true);
SELECT pg_catalog.setval('trial_params_param_id_seq', 64, true);
SELECT pg_catalog.setval('trial_system_attributes_trial_system_attribute_id_seq', 33, true);
SELECT pg_catalog.setval('trial_user_attributes_trial_user_attribute_id_seq', 16, true);
SELECT pg_catalog.setval('trial_values_trial_value_id_seq', 31, true);
SELECT pg_catalog.setval('trials_trial_id_seq', 31, true);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY studies
    ADD CONSTRAINT studies_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY study_directions
    ADD CONSTRAINT study_directions_pkey PRIMARY KEY (study_direction_id);
ALTER TABLE ONLY study_directions
    ADD CONSTRAINT study_directions_study_id_objective_key UNIQUE (study_id, objective);
ALTER TABLE ONLY study_system_attributes
    ADD CONSTRAINT study_system_attributes_pkey PRIMARY KEY (study_system_attribute_id);
ALTER TABLE ONLY study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY study_user_attributes
    ADD CONSTRAINT study_user_attributes_pkey PRIMARY KEY (study_user_attribute_id);
ALTER TABLE ONLY study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_pkey PRIMARY KEY (trial_heartbeat_id);
ALTER TABLE ONLY trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_pkey PRIMARY KEY (trial_intermediate_value_id);
ALTER TABLE ONLY trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_step_key UNIQUE (trial_id, step);
ALTER TABLE ONLY trial_params
    ADD CONSTRAINT trial_params_pkey PRIMARY KEY (param_id);
ALTER TABLE ONLY trial_params
    ADD CONSTRAINT trial_params_trial_id_param_name_key UNIQUE (trial_id, param_name);
ALTER TABLE ONLY trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_pkey PRIMARY KEY (trial_system_attribute_id);
ALTER TABLE ONLY trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_pkey PRIMARY KEY (trial_user_attribute_id);
ALTER TABLE ONLY trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY trial_values
    ADD CONSTRAINT trial_values_pkey PRIMARY KEY (trial_value_id);
ALTER TABLE ONLY trial_values
    ADD CONSTRAINT trial_values_trial_id_objective_key UNIQUE (trial_id, objective);
ALTER TABLE ONLY trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY tunewise_endings
    ADD CONSTRAINT tunewise_endings_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY tunewise_leases
    ADD CONSTRAINT tunewise_leases_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY tunewise_meta
    ADD CONSTRAINT tunewise_meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tunewise_numbers
    ADD CONSTRAINT tunewise_numbers_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY tunewise_retries
    ADD CONSTRAINT tunewise_retries_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY version_info
    ADD CONSTRAINT version_info_pkey PRIMARY KEY (version_info_id);
CREATE UNIQUE INDEX ix_studies_study_name ON studies USING btree (study_name);
CREATE INDEX ix_trials_study_id ON trials USING btree (study_id);
CREATE INDEX tunewise_ix_retries_study ON tunewise_retries USING btree (study_id);
CREATE INDEX tunewise_ix_trials_number ON trials USING btree (study_id, number);
CREATE INDEX tunewise_ix_trials_state ON trials USING btree (study_id, state, number);
CREATE INDEX tunewise_ix_values ON trial_values USING btree (objective, value_type, value, trial_id);
CREATE TRIGGER tunewise_claim BEFORE UPDATE OF state ON trials FOR EACH ROW WHEN (((new.state = 'RUNNING'::trialstate) AND (old.state <> 'WAITING'::trialstate))) EXECUTE FUNCTION tunewise_refuse('trial is not WAITING');
CREATE TRIGGER tunewise_finish BEFORE UPDATE OF state ON trials FOR EACH ROW WHEN ((old.state = ANY (ARRAY['COMPLETE'::trialstate, 'PRUNED'::trialstate, 'FAIL'::trialstate]))) EXECUTE FUNCTION tunewise_refuse('trial is finished');
CREATE TRIGGER tunewise_study_deleted AFTER DELETE ON studies FOR EACH ROW EXECUTE FUNCTION tunewise_forget();
CREATE TRIGGER tunewise_trial_deleted AFTER DELETE ON trials REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION tunewise_remember();
ALTER TABLE ONLY study_directions
    ADD CONSTRAINT study_directions_study_id_fkey FOREIGN KEY (study_id) REFERENCES studies(study_id);
ALTER TABLE ONLY study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES studies(study_id);
ALTER TABLE ONLY study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES studies(study_id);
ALTER TABLE ONLY trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES trials(trial_id);
ALTER TABLE ONLY trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES trials(trial_id);
ALTER TABLE ONLY trial_params
    ADD CONSTRAINT trial_params_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES trials(trial_id);
ALTER TABLE ONLY trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES trials(trial_id);
ALTER TABLE ONLY trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES trials(trial_id);
ALTER TABLE ONLY trial_values
    ADD CONSTRAINT trial_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES trials(trial_id);
ALTER TABLE ONLY trials
    ADD CONSTRAINT trials_study_id_fkey FOREIGN KEY (study_id) REFERENCES studies(study_id);
