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
    AS $$ BEGIN DELETE FROM tunewise_numbers WHERE study_id = OLD.study_id; DELETE FROM tunewise_studies WHERE study_id = OLD.study_id; DELETE FROM tunewise_checkpoint_folders WHERE study_id = OLD.study_id; RETURN NULL; END $$;
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
CREATE TABLE tunewise_checkpoint_folders (
    study_id integer NOT NULL,
    folder text NOT NULL
);
CREATE TABLE tunewise_endings (
    trial_id integer NOT NULL,
    failure character varying(32),
    reason text,
    detail text,
    last_value double precision
);
CREATE TABLE tunewise_keys (
    write_key character varying(36) NOT NULL,
    trial_id integer NOT NULL
);
CREATE TABLE tunewise_leases (
    trial_id integer NOT NULL,
    worker text NOT NULL,
    expires_ms bigint NOT NULL,
    duration_ms bigint,
    claim character varying(36)
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
CREATE TABLE tunewise_studies (
    study_id integer NOT NULL,
    uid character varying(36) NOT NULL
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
INSERT INTO studies VALUES (1, 'curves');
INSERT INTO studies VALUES (2, 'halving');
INSERT INTO study_directions VALUES (1, 'MAXIMIZE', 1, 0);
INSERT INTO study_directions VALUES (2, 'MINIMIZE', 2, 0);
INSERT INTO study_system_attributes VALUES (1, 1, 'study:metric_names', '["accuracy"]');
INSERT INTO study_system_attributes VALUES (2, 1, 'tunewise:seed', '7');
INSERT INTO study_system_attributes VALUES (3, 2, 'tunewise:seed', '3');
INSERT INTO study_user_attributes VALUES (1, 1, 'owner', '"schema 2"');
INSERT INTO trial_intermediate_values VALUES (1, 1, 0, 0.2994966080694524, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (2, 1, 1, 0.40967525287878503, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (3, 1, 2, 0.4502077111602692, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (4, 1, 3, 0.46511876926216633, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (5, 1, 4, 0.4706042409839672, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (6, 1, 5, 0.47262223325554503, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (7, 2, 0, 0.44174116953580006, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (8, 2, 1, 0.6042486641270496, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (9, 2, 2, 0.6640318304234496, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (10, 2, 3, 0.6860248282320286, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (11, 2, 4, 0.6941155999755335, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (12, 2, 5, 0.6970920285631798, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (13, 3, 0, 0.24654678821876228, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (14, 3, 1, 0.3372462828912945, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (15, 3, 2, 0.37061276230595785, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (16, 3, 3, 0.3828876041068826, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (17, 3, 4, 0.3874032660490747, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (18, 3, 5, 0.3890644852408875, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (19, 4, 0, 0.4497645553165421, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (20, 4, 1, 0.6152236885851138, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (21, 4, 2, 0.6760927020686672, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (22, 4, 3, 0.6984851607336539, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (23, 4, 4, 0.7067228859137837, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (24, 4, 5, 0.7097533756495739, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (25, 5, 0, 0.5787079232232188, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (26, 5, 1, 0.7916026706200625, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (27, 5, 2, 0.8699222713207487, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (28, 6, 0, 0.5787079232232188, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (29, 6, 1, 0.7916026706200625, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (30, 6, 2, 0.8699222713207487, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (31, 6, 3, 0.8987344422592877, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (32, 6, 4, 0.9093338476030934, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (33, 6, 5, 0.9132331509177223, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (34, 7, 0, 0.5716666764956704, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (35, 7, 1, 0.7819710939812333, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (36, 8, 0, 0.38874796150225455, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (37, 9, 0, 0.46719387619337255, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (38, 9, 1, 0.6390648982861105, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (39, 9, 2, 0.7022927138471515, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (40, 9, 3, 0.7255529273022383, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (41, 9, 4, 0.7341098816296241, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (42, 9, 5, 0.7372578092057124, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (43, 10, 0, 0.35386883944861824, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (44, 11, 0, 0.4775298602810781, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (45, 11, 1, 0.653203278423958, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (46, 11, 2, 0.7178299173190378, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (47, 11, 3, 0.7416047291205483, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (48, 11, 4, 0.7503509936000442, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (49, 11, 5, 0.7535685644890988, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (50, 12, 0, 0.48214458714581365, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (51, 12, 1, 0.6595156684288513, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (52, 12, 2, 0.7247668426912297, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (53, 12, 3, 0.7487714082146538, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (54, 12, 4, 0.7576021943649744, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (55, 12, 5, 0.7608508590390588, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (56, 13, 0, 0.5580831963785376, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (57, 13, 1, 0.7633905307894463, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (58, 13, 2, 0.8389188782409299, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (59, 13, 3, 0.8667042044939841, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (60, 13, 4, 0.876925854788724, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (61, 13, 5, 0.8806861897870027, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (62, 15, 0, 1.3325432877754793, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (63, 15, 1, 0.8325432877754793, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (64, 16, 0, 1.864056645084709, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (65, 16, 1, 1.364056645084709, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (66, 17, 0, 1.3325432877754793, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (67, 17, 1, 0.8325432877754793, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (68, 17, 2, 0.6658766211088125, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (69, 18, 0, 1.26179209947792, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (70, 18, 1, 0.7617920994779199, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (71, 18, 2, 0.5951254328112532, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (72, 18, 3, 0.5117920994779199, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (73, 18, 4, 0.46179209947791994, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (74, 19, 0, 1.4665496006222356, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (75, 19, 1, 0.9665496006222356, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (76, 20, 0, 1.238988325991878, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (77, 20, 1, 0.7389883259918778, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (78, 20, 2, 0.5723216593252112, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (79, 20, 3, 0.4889883259918778, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (80, 20, 4, 0.4389883259918778, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (81, 21, 0, 1.4130974418479585, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (82, 21, 1, 0.9130974418479585, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (83, 22, 0, 1.5074834642367299, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (84, 22, 1, 1.0074834642367299, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (85, 23, 0, 1.3070376806073118, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (86, 23, 1, 0.8070376806073118, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (87, 23, 2, 0.6403710139406451, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (88, 24, 0, 1.1747221449375975, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (89, 24, 1, 0.6747221449375975, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (90, 24, 2, 0.5080554782709308, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (91, 24, 3, 0.4247221449375975, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (92, 24, 4, 0.37472214493759753, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (93, 25, 0, 1.9064487528828233, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (94, 25, 1, 1.4064487528828233, 'FINITE');
INSERT INTO trial_intermediate_values VALUES (95, 27, 0, 3, 'FINITE');
INSERT INTO trial_params VALUES (1, 1, 'lr', 0.0002638699733815755, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (2, 1, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (3, 2, 'lr', 0.08008059254570149, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (4, 2, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (5, 3, 'lr', 0.6759369249623921, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (6, 3, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (7, 4, 'lr', 0.0013631735483664222, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (8, 4, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (9, 5, 'lr', 0.005578370606978255, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (10, 5, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (11, 6, 'lr', 0.005578370606978255, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (12, 6, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (13, 7, 'lr', 0.01936020274643287, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (14, 7, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (15, 8, 'lr', 0.0006997947174886121, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (16, 8, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (17, 9, 'lr', 0.06063599532615511, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (18, 9, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (19, 10, 'lr', 0.20920073985567375, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (20, 10, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (21, 11, 'lr', 0.0018463896090486632, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (22, 11, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (23, 12, 'lr', 0.0019418895230509808, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (24, 12, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (25, 13, 'lr', 0.004452704264183306, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO trial_params VALUES (26, 13, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO trial_params VALUES (27, 15, 'x', 0.33254328777547926, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (28, 16, 'x', 0.8640566450847088, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (29, 17, 'x', 0.33254328777547926, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (30, 18, 'x', 0.2617920994779199, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (31, 19, 'x', 0.4665496006222356, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (32, 20, 'x', 0.2389883259918778, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (33, 21, 'x', 0.4130974418479585, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (34, 22, 'x', 0.5074834642367299, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (35, 23, 'x', 0.30703768060731185, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (36, 24, 'x', 0.17472214493759752, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (37, 25, 'x', 0.9064487528828232, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (38, 26, 'x', 0.004294869157890346, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_params VALUES (39, 27, 'x', 0.7109815023907763, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO trial_system_attributes VALUES (1, 1, 'tunewise:sampler', '"Sobol sequence: 0 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (2, 1, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-0-8001ad4a"');
INSERT INTO trial_system_attributes VALUES (3, 2, 'tunewise:sampler', '"Sobol sequence: 1 complete or pruned trial, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (4, 2, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-1-a743053e"');
INSERT INTO trial_system_attributes VALUES (5, 3, 'tunewise:sampler', '"Sobol sequence: 2 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (6, 3, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-2-5f206397"');
INSERT INTO trial_system_attributes VALUES (7, 4, 'tunewise:sampler', '"Sobol sequence: 3 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (8, 4, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-3-43fb41c8"');
INSERT INTO trial_system_attributes VALUES (9, 5, 'tunewise:sampler', '"Sobol sequence: 4 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (10, 5, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-4-29989c64"');
INSERT INTO trial_system_attributes VALUES (11, 6, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-4-29989c64"');
INSERT INTO trial_system_attributes VALUES (12, 6, 'tunewise:sampler', '"Sobol sequence: 4 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (13, 6, 'tunewise:origin', '4');
INSERT INTO trial_system_attributes VALUES (14, 6, 'failed_trial', '4');
INSERT INTO trial_system_attributes VALUES (15, 6, 'retry_history', '[4]');
INSERT INTO trial_system_attributes VALUES (16, 6, 'tunewise:attempts', '1');
INSERT INTO trial_system_attributes VALUES (17, 7, 'tunewise:sampler', '"Sobol sequence: 5 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (18, 7, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-6-f812d75b"');
INSERT INTO trial_system_attributes VALUES (19, 8, 'tunewise:sampler', '"Sobol sequence: 5 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (20, 8, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-7-1720d110"');
INSERT INTO trial_system_attributes VALUES (21, 9, 'tunewise:sampler', '"at random: 6 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (22, 9, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-8-0ec70b4f"');
INSERT INTO trial_system_attributes VALUES (23, 10, 'tunewise:sampler', '"at random: 7 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (24, 10, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-9-f5d2ebf1"');
INSERT INTO trial_system_attributes VALUES (25, 11, 'tunewise:sampler', '"at random: 8 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (26, 11, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-10-85ce4b5a"');
INSERT INTO trial_system_attributes VALUES (27, 12, 'tunewise:sampler', '"at random: 9 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (28, 12, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-11-51aed8f4"');
INSERT INTO trial_system_attributes VALUES (29, 13, 'tunewise:sampler', '"Gaussian process: 8 complete trials, mixed space of 2 parameters, 1 objective"');
INSERT INTO trial_system_attributes VALUES (30, 13, 'tunewise:checkpoint', '"0a17207d61a34abab7a3dad1ab38b146-12-7282ef6f"');
INSERT INTO trial_system_attributes VALUES (31, 14, 'fixed_params', '{"lr": 0.01}');
INSERT INTO trial_system_attributes VALUES (32, 15, 'tunewise:sampler', '"Sobol sequence: 0 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (33, 15, 'completed_rung_0', '0.8325432877754793');
INSERT INTO trial_system_attributes VALUES (34, 15, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (35, 16, 'tunewise:sampler', '"at random: 1 complete or pruned trial, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (36, 16, 'completed_rung_0', '1.364056645084709');
INSERT INTO trial_system_attributes VALUES (37, 16, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (38, 17, 'completed_rung_0', '0.8325432877754793');
INSERT INTO trial_system_attributes VALUES (39, 17, 'tunewise:sampler', '"Sobol sequence: 0 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (40, 17, 'tunewise:continues', '0');
INSERT INTO trial_system_attributes VALUES (41, 17, 'tunewise:origin', '0');
INSERT INTO trial_system_attributes VALUES (42, 17, 'completed_rung_1', '0.6658766211088125');
INSERT INTO trial_system_attributes VALUES (43, 17, 'tunewise:paused_at', '1.0');
INSERT INTO trial_system_attributes VALUES (44, 18, 'tunewise:sampler', '"at random: 2 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (45, 18, 'completed_rung_0', '0.7617920994779199');
INSERT INTO trial_system_attributes VALUES (46, 18, 'completed_rung_1', '0.5951254328112532');
INSERT INTO trial_system_attributes VALUES (47, 18, 'completed_rung_2', '0.46179209947791994');
INSERT INTO trial_system_attributes VALUES (48, 18, 'tunewise:paused_at', '2.0');
INSERT INTO trial_system_attributes VALUES (49, 19, 'tunewise:sampler', '"at random: 3 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (50, 19, 'completed_rung_0', '0.9665496006222356');
INSERT INTO trial_system_attributes VALUES (51, 19, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (52, 20, 'tunewise:sampler', '"at random: 4 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (53, 20, 'completed_rung_0', '0.7389883259918778');
INSERT INTO trial_system_attributes VALUES (54, 20, 'completed_rung_1', '0.5723216593252112');
INSERT INTO trial_system_attributes VALUES (55, 20, 'completed_rung_2', '0.4389883259918778');
INSERT INTO trial_system_attributes VALUES (56, 21, 'tunewise:sampler', '"at random: 5 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (57, 21, 'completed_rung_0', '0.9130974418479585');
INSERT INTO trial_system_attributes VALUES (58, 21, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (59, 22, 'tunewise:sampler', '"at random: 6 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (60, 22, 'completed_rung_0', '1.0074834642367299');
INSERT INTO trial_system_attributes VALUES (61, 22, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (62, 23, 'tunewise:sampler', '"at random: 7 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (63, 23, 'completed_rung_0', '0.8070376806073118');
INSERT INTO trial_system_attributes VALUES (64, 23, 'completed_rung_1', '0.6403710139406451');
INSERT INTO trial_system_attributes VALUES (65, 23, 'tunewise:paused_at', '1.0');
INSERT INTO trial_system_attributes VALUES (66, 24, 'tunewise:sampler', '"at random: 8 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (67, 24, 'completed_rung_0', '0.6747221449375975');
INSERT INTO trial_system_attributes VALUES (68, 24, 'completed_rung_1', '0.5080554782709308');
INSERT INTO trial_system_attributes VALUES (69, 24, 'completed_rung_2', '0.37472214493759753');
INSERT INTO trial_system_attributes VALUES (70, 25, 'tunewise:sampler', '"at random: 9 complete or pruned trials, a model starts at 10"');
INSERT INTO trial_system_attributes VALUES (71, 25, 'completed_rung_0', '1.4064487528828233');
INSERT INTO trial_system_attributes VALUES (72, 25, 'tunewise:paused_at', '0.0');
INSERT INTO trial_system_attributes VALUES (73, 26, 'tunewise:sampler', '"TPE: 8 pruned trials, 2 complete trials, numeric space of 1 parameter, 1 objective"');
INSERT INTO trial_system_attributes VALUES (74, 27, 'tunewise:sampler', '"TPE: 8 pruned trials, 2 complete trials, numeric space of 1 parameter, 1 objective"');
INSERT INTO trial_values VALUES (1, 1, 0, 0.47379665775224566, 'FINITE');
INSERT INTO trial_values VALUES (2, 2, 0, 0.6988242406708498, 'FINITE');
INSERT INTO trial_values VALUES (3, 3, 0, 0.3900312761155268, 'FINITE');
INSERT INTO trial_values VALUES (4, 4, 0, 0.7115170500862102, 'FINITE');
INSERT INTO trial_values VALUES (5, 6, 0, 0.9155024546198547, 'FINITE');
INSERT INTO trial_values VALUES (6, 8, 0, 0.38874796150225455, 'FINITE');
INSERT INTO trial_values VALUES (7, 9, 0, 0.7390898297299073, 'FINITE');
INSERT INTO trial_values VALUES (8, 10, 0, 0.35386883944861824, 'FINITE');
INSERT INTO trial_values VALUES (9, 11, 0, 0.7554411157992295, 'FINITE');
INSERT INTO trial_values VALUES (10, 12, 0, 0.7627415062078052, 'FINITE');
INSERT INTO trial_values VALUES (11, 13, 0, 0.8828746171660266, 'FINITE');
INSERT INTO trial_values VALUES (12, 15, 0, 0.8325432877754793, 'FINITE');
INSERT INTO trial_values VALUES (13, 16, 0, 1.364056645084709, 'FINITE');
INSERT INTO trial_values VALUES (14, 17, 0, 0.6658766211088125, 'FINITE');
INSERT INTO trial_values VALUES (15, 18, 0, 0.46179209947791994, 'FINITE');
INSERT INTO trial_values VALUES (16, 19, 0, 0.9665496006222356, 'FINITE');
INSERT INTO trial_values VALUES (17, 20, 0, 0.4389883259918778, 'FINITE');
INSERT INTO trial_values VALUES (18, 21, 0, 0.9130974418479585, 'FINITE');
INSERT INTO trial_values VALUES (19, 22, 0, 1.0074834642367299, 'FINITE');
INSERT INTO trial_values VALUES (20, 23, 0, 0.6403710139406451, 'FINITE');
INSERT INTO trial_values VALUES (21, 24, 0, 0.37472214493759753, 'FINITE');
INSERT INTO trial_values VALUES (22, 25, 0, 1.4064487528828233, 'FINITE');
INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', '2026-11-23 01:11:03.235945', '2026-11-23 01:11:03.426947');
INSERT INTO trials VALUES (2, 1, 1, 'COMPLETE', '2026-11-23 01:11:03.441965', '2026-11-23 01:11:03.485216');
INSERT INTO trials VALUES (3, 2, 1, 'COMPLETE', '2026-11-23 01:11:03.488696', '2026-11-23 01:11:03.502381');
INSERT INTO trials VALUES (4, 3, 1, 'COMPLETE', '2026-11-23 01:11:03.504742', '2026-11-23 01:11:03.536096');
INSERT INTO trials VALUES (5, 4, 1, 'FAIL', '2026-11-23 01:11:03.539995', '2026-11-23 01:11:03.568032');
INSERT INTO trials VALUES (6, 5, 1, 'COMPLETE', '2026-11-23 01:11:03.585093', '2026-11-23 01:11:03.591869');
INSERT INTO trials VALUES (7, 6, 1, 'FAIL', '2026-11-23 01:11:03.594484', '2026-11-23 01:11:03.604011');
INSERT INTO trials VALUES (8, 7, 1, 'PRUNED', '2026-11-23 01:11:03.606101', '2026-11-23 01:11:03.612206');
INSERT INTO trials VALUES (9, 8, 1, 'COMPLETE', '2026-11-23 01:11:03.614359', '2026-11-23 01:11:03.623061');
INSERT INTO trials VALUES (10, 9, 1, 'PRUNED', '2026-11-23 01:11:03.62472', '2026-11-23 01:11:03.634462');
INSERT INTO trials VALUES (11, 10, 1, 'COMPLETE', '2026-11-23 01:11:03.636346', '2026-11-23 01:11:03.646014');
INSERT INTO trials VALUES (12, 11, 1, 'COMPLETE', '2026-11-23 01:11:03.648141', '2026-11-23 01:11:03.657562');
INSERT INTO trials VALUES (13, 12, 1, 'COMPLETE', '2026-11-23 01:11:03.659083', '2026-11-23 01:11:03.761626');
INSERT INTO trials VALUES (14, 13, 1, 'WAITING', NULL, NULL);
INSERT INTO trials VALUES (15, 0, 2, 'PRUNED', '2026-11-23 01:11:03.788337', '2026-11-23 01:11:03.803478');
INSERT INTO trials VALUES (16, 1, 2, 'PRUNED', '2026-11-23 01:11:03.81183', '2026-11-23 01:11:03.820182');
INSERT INTO trials VALUES (17, 2, 2, 'PRUNED', '2026-11-23 01:11:03.830025', '2026-11-23 01:11:03.83633');
INSERT INTO trials VALUES (18, 3, 2, 'PRUNED', '2026-11-23 01:11:03.839043', '2026-11-23 01:11:03.852247');
INSERT INTO trials VALUES (19, 4, 2, 'PRUNED', '2026-11-23 01:11:03.854601', '2026-11-23 01:11:03.862932');
INSERT INTO trials VALUES (20, 5, 2, 'COMPLETE', '2026-11-23 01:11:03.865425', '2026-11-23 01:11:03.879337');
INSERT INTO trials VALUES (21, 6, 2, 'PRUNED', '2026-11-23 01:11:03.881501', '2026-11-23 01:11:03.888517');
INSERT INTO trials VALUES (22, 7, 2, 'PRUNED', '2026-11-23 01:11:03.890698', '2026-11-23 01:11:03.897906');
INSERT INTO trials VALUES (23, 8, 2, 'PRUNED', '2026-11-23 01:11:03.900096', '2026-11-23 01:11:03.910242');
INSERT INTO trials VALUES (24, 9, 2, 'COMPLETE', '2026-11-23 01:11:03.913167', '2026-11-23 01:11:03.927065');
INSERT INTO trials VALUES (25, 10, 2, 'PRUNED', '2026-11-23 01:11:03.931671', '2026-11-23 01:11:03.940863');
INSERT INTO trials VALUES (26, 11, 2, 'RUNNING', '2026-11-23 01:11:03.945218', NULL);
INSERT INTO trials VALUES (27, 12, 2, 'FAIL', '2026-11-23 01:11:03.992608', '2026-11-23 01:11:04.005511');
INSERT INTO tunewise_endings VALUES (5, 'Exception', 'InvalidOperationException: broke at epoch 3', 'System.InvalidOperationException: broke at epoch 3', NULL);
INSERT INTO tunewise_endings VALUES (7, 'Diverged', 'NaN', NULL, 0.2);
INSERT INTO tunewise_endings VALUES (8, NULL, 'step 0: 0.38875, median of 5 trials 0.44174', NULL, NULL);
INSERT INTO tunewise_endings VALUES (10, NULL, 'step 0: 0.35387, median of 6 trials 0.44575', NULL, NULL);
INSERT INTO tunewise_endings VALUES (15, NULL, 'step 1, rung 0: 0.83254, 1 trial so far, the best has 0.83254; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (16, NULL, 'step 1, rung 0: 1.3641, the best 1 of 2 have 0.83254 or better; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (17, NULL, 'step 2, rung 1: 0.66588, 1 trial so far, the best has 0.66588; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (18, NULL, 'step 4, rung 2: 0.46179, 1 trial so far, the best has 0.46179; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (19, NULL, 'step 1, rung 0: 0.96655, the best 2 of 4 have 0.83254 or better; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (21, NULL, 'step 1, rung 0: 0.9131, the best 3 of 6 have 0.83254 or better; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (22, NULL, 'step 1, rung 0: 1.0075, the best 3 of 7 have 0.83254 or better; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (23, NULL, 'step 2, rung 1: 0.64037, the best 2 of 4 have 0.59513 or better; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (25, NULL, 'step 1, rung 0: 1.4064, the best 5 of 10 have 0.83254 or better; paused', NULL, NULL);
INSERT INTO tunewise_endings VALUES (27, 'Lost', 'its worker is gone', NULL, NULL);
INSERT INTO tunewise_keys VALUES ('2074070b-278c-496b-9c29-676647da204b', 14);
INSERT INTO tunewise_leases VALUES (26, 'a worker elsewhere', 1795396323945, 60000, '49b3e56a-e629-4cbb-be91-65ad9e5c1e89');
INSERT INTO tunewise_meta VALUES ('schema', 2);
INSERT INTO tunewise_retries VALUES (5, 1, 6);
INSERT INTO tunewise_retries VALUES (15, 2, 17);
INSERT INTO tunewise_studies VALUES (1, '0a17207d-61a3-4aba-b7a3-dad1ab38b146');
INSERT INTO tunewise_studies VALUES (2, 'fac834c4-e362-4472-a41b-897eb9712655');
INSERT INTO version_info VALUES (1, 12, '4.9.0');
SELECT setval('studies_study_id_seq', 2, true);
SELECT setval('study_directions_study_direction_id_seq', 2, true);
SELECT setval('study_system_attributes_study_system_attribute_id_seq', 3, true);
SELECT setval('study_user_attributes_study_user_attribute_id_seq', 1, true);
SELECT setval('trial_heartbeats_trial_heartbeat_id_seq', 1, false);
SELECT setval('trial_intermediate_values_trial_intermediate_value_id_seq', 95, true);
SELECT setval('trial_params_param_id_seq', 39, true);
SELECT setval('trial_system_attributes_trial_system_attribute_id_seq', 74, true);
SELECT setval('trial_user_attributes_trial_user_attribute_id_seq', 1, false);
SELECT setval('trial_values_trial_value_id_seq', 22, true);
SELECT setval('trials_trial_id_seq', 27, true);
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
ALTER TABLE ONLY tunewise_checkpoint_folders
    ADD CONSTRAINT tunewise_checkpoint_folders_pkey PRIMARY KEY (study_id, folder);
ALTER TABLE ONLY tunewise_endings
    ADD CONSTRAINT tunewise_endings_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY tunewise_keys
    ADD CONSTRAINT tunewise_keys_pkey PRIMARY KEY (write_key);
ALTER TABLE ONLY tunewise_leases
    ADD CONSTRAINT tunewise_leases_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY tunewise_meta
    ADD CONSTRAINT tunewise_meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tunewise_numbers
    ADD CONSTRAINT tunewise_numbers_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY tunewise_retries
    ADD CONSTRAINT tunewise_retries_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY tunewise_studies
    ADD CONSTRAINT tunewise_studies_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY version_info
    ADD CONSTRAINT version_info_pkey PRIMARY KEY (version_info_id);
CREATE UNIQUE INDEX ix_studies_study_name ON studies USING btree (study_name);
CREATE INDEX ix_trials_study_id ON trials USING btree (study_id);
CREATE INDEX tunewise_ix_retries_study ON tunewise_retries USING btree (study_id);
CREATE INDEX tunewise_ix_trials_number ON trials USING btree (study_id, number);
CREATE INDEX tunewise_ix_trials_state ON trials USING btree (study_id, state, number);
CREATE INDEX tunewise_ix_values ON trial_values USING btree (objective, value_type, value, trial_id);
CREATE TRIGGER tunewise_claim BEFORE UPDATE OF state ON trials FOR EACH ROW WHEN (((new.state = 'RUNNING'::trialstate) AND (NOT (old.state = 'WAITING'::trialstate)))) EXECUTE FUNCTION tunewise_refuse('trial is not WAITING');
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
