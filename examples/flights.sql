-- Delays at the airports of the United States, hour by hour.
--
-- Reads departures from one Kinesis stream, leaves out the short hops, and writes one row for each airport and hour
-- to another. The same script runs against Amazon Kinesis: give it the ARNs of your own streams.

CREATE TABLE flights (
  `date`      TIMESTAMP(3),           -- scheduled departure, local time
  delay       INT,                    -- minutes; negative when early
  distance    INT,                    -- miles
  origin      STRING,
  destination STRING,
  WATERMARK FOR `date` AS `date` - INTERVAL '1' HOUR
) PARTITIONED BY (origin) WITH (
  'connector'            = 'kinesis',
  'stream.arn'           = 'arn:aws:kinesis:us-east-1:000000000000:stream/flights',
  'aws.region'           = 'us-east-1',
  'source.init.position' = 'TRIM_HORIZON',
  'format'               = 'csv'
);

CREATE TABLE airport_delays (
  airport       STRING,
  window_start  TIMESTAMP(3),
  departures    BIGINT,
  delayed       BIGINT,               -- departures at least 15 minutes late
  average_delay DOUBLE,               -- minutes
  worst_delay   INT                   -- minutes
) PARTITIONED BY (airport) WITH (
  'connector'            = 'kinesis',
  'stream.arn'           = 'arn:aws:kinesis:us-east-1:000000000000:stream/airport-delays',
  'aws.region'           = 'us-east-1',
  'source.init.position' = 'TRIM_HORIZON',
  'format'               = 'json'
);

CREATE VIEW longer_flights AS
SELECT `date`, origin, delay, CASE WHEN delay >= 15 THEN 1 ELSE 0 END AS is_delayed
FROM flights
WHERE distance >= 100;

INSERT INTO airport_delays
SELECT origin, window_start, COUNT(*), SUM(CAST(is_delayed AS BIGINT)), AVG(CAST(delay AS DOUBLE)), MAX(delay)
FROM TABLE(TUMBLE(TABLE longer_flights, DESCRIPTOR(`date`), INTERVAL '1' HOUR))
GROUP BY origin, window_start, window_end;
