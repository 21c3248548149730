import GRDB

extension Schema {
  /// Schema version 1.
  ///
  /// Names from outside are kept once, in tables of their own, and referred to by small integers;
  /// id 0 is "none", since a unique key does not count NULLs as equal. A `place` is what a result
  /// belongs to within its test run, a `series` one quantity in one test run. A measurement's key
  /// packs both (`MeasurementKey`): a row costs about 36 bytes and needs no further index, rows
  /// are appended in the order in which they are made, so that pages are full, and one series is
  /// one range of keys. `verify` checks the two references that the key holds; as foreign keys they
  /// would cost a third of the time of loading, and a scan of all rows for a series removed.
  static func createResults(_ database: Database) throws {
    try database.execute(
      sql: """
        PRAGMA application_id = 0x56495357;
        PRAGMA user_version = 1;

        CREATE TABLE setting (
          name TEXT NOT NULL PRIMARY KEY,
          value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE campaign (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE
        ) STRICT;

        CREATE TABLE camera (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE
        ) STRICT;

        CREATE TABLE block (
          id INTEGER PRIMARY KEY,
          campaign INTEGER NOT NULL REFERENCES campaign (id),
          name TEXT NOT NULL,
          UNIQUE (campaign, name)
        ) STRICT;

        CREATE TABLE slot (
          design TEXT NOT NULL,
          block TEXT NOT NULL,
          detector TEXT NOT NULL,
          slot TEXT NOT NULL,
          PRIMARY KEY (design, block, detector)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE detector (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE amplifier (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE reason (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
        INSERT INTO detector VALUES (0, '');
        INSERT INTO amplifier VALUES (0, '');
        INSERT INTO item VALUES (0, '');

        CREATE TABLE place (
          id INTEGER PRIMARY KEY CHECK (id BETWEEN 0 AND 268435455),
          detector INTEGER NOT NULL REFERENCES detector (id),
          amplifier INTEGER NOT NULL REFERENCES amplifier (id),
          obsid INTEGER NOT NULL CHECK (obsid >= -1),
          item INTEGER NOT NULL REFERENCES item (id),
          UNIQUE (obsid, detector, amplifier, item)
        ) STRICT;
        INSERT INTO place VALUES (0, 0, 0, -1, 0);

        CREATE TABLE quantity (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE,
          unit TEXT NOT NULL,
          digits INTEGER NOT NULL,
          dimensions TEXT NOT NULL,
          meaning TEXT NOT NULL
        ) STRICT;

        CREATE TABLE analysis (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE,
          ulid TEXT NOT NULL UNIQUE,
          programVersion TEXT NOT NULL,
          libraries TEXT NOT NULL,
          host TEXT NOT NULL,
          operator TEXT NOT NULL,
          commandLine TEXT NOT NULL,
          configuration TEXT NOT NULL,
          configurationSHA256 TEXT NOT NULL,
          started TEXT NOT NULL,
          finished TEXT,
          status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'interrupted'))
        ) STRICT;

        CREATE TABLE testRun (
          id INTEGER PRIMARY KEY,
          analysis INTEGER NOT NULL REFERENCES analysis (id),
          block INTEGER NOT NULL REFERENCES block (id),
          camera INTEGER NOT NULL REFERENCES camera (id),
          cameraText TEXT NOT NULL,
          test TEXT NOT NULL,
          session TEXT NOT NULL,
          firstObsid INTEGER,
          lastObsid INTEGER,
          dayFolders TEXT NOT NULL,
          configurationSHA256 TEXT NOT NULL,
          inputSHA256 TEXT NOT NULL,
          started TEXT NOT NULL,
          finished TEXT,
          status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'interrupted')),
          leaseHost TEXT,
          leaseBoot TEXT,
          leaseProcess INTEGER,
          leaseStart INTEGER,
          UNIQUE (analysis, block, test, session)
        ) STRICT;
        CREATE INDEX testRunByTest ON testRun (test, block, status);
        CREATE INDEX testRunByBlock ON testRun (block);
        CREATE INDEX testRunByStart ON testRun (started);

        CREATE TABLE serial (
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          detector INTEGER NOT NULL REFERENCES detector (id),
          serial TEXT NOT NULL,
          PRIMARY KEY (testRun, detector)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE subtask (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          name TEXT NOT NULL,
          ordinal INTEGER NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'skipped')),
          seconds REAL NOT NULL,
          log TEXT NOT NULL,
          UNIQUE (testRun, name)
        ) STRICT;

        CREATE TABLE inputFile (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          role TEXT NOT NULL CHECK (role IN ('raw', 'hk', 'explog', 'config', 'product')),
          path TEXT NOT NULL,
          size INTEGER NOT NULL CHECK (size >= 0),
          sha256 TEXT NOT NULL,
          obsid INTEGER,
          detector INTEGER NOT NULL DEFAULT 0 REFERENCES detector (id),
          UNIQUE (testRun, role, path)
        ) STRICT;
        CREATE INDEX inputFileBySHA256 ON inputFile (sha256);

        CREATE TABLE exposure (
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          obsid INTEGER NOT NULL,
          detector INTEGER NOT NULL REFERENCES detector (id),
          time TEXT NOT NULL,
          exposureSeconds REAL,
          commanded TEXT NOT NULL,
          PRIMARY KEY (testRun, obsid, detector)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX exposureByObsid ON exposure (obsid);
        CREATE INDEX exposureByTime ON exposure (time);

        CREATE TABLE series (
          id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 34359738367),
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          quantity INTEGER NOT NULL REFERENCES quantity (id),
          UNIQUE (testRun, quantity)
        ) STRICT;
        CREATE INDEX seriesByQuantity ON series (quantity, testRun);

        CREATE TABLE measurement (
          id INTEGER PRIMARY KEY,
          value REAL,
          uncertainty REAL,
          count INTEGER,
          reason INTEGER REFERENCES reason (id),
          series INTEGER GENERATED ALWAYS AS (id >> 28) VIRTUAL,
          place INTEGER GENERATED ALWAYS AS (id & 268435455) VIRTUAL,
          CHECK ((value IS NULL) = (reason IS NOT NULL)),
          CHECK (value IS NOT NULL OR uncertainty IS NULL)
        ) STRICT;

        CREATE TABLE curve (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          name TEXT NOT NULL,
          place INTEGER NOT NULL REFERENCES place (id),
          xUnit TEXT NOT NULL,
          yUnit TEXT NOT NULL,
          length INTEGER NOT NULL,
          x BLOB NOT NULL,
          y BLOB NOT NULL,
          uncertainty BLOB,
          UNIQUE (testRun, name, place),
          CHECK (length(x) = 8 * length AND length(y) = 8 * length),
          CHECK (uncertainty IS NULL OR length(uncertainty) = 8 * length)
        ) STRICT;

        CREATE TABLE artifact (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          subtask INTEGER NOT NULL REFERENCES subtask (id),
          role TEXT NOT NULL,
          mediaType TEXT NOT NULL,
          path TEXT NOT NULL UNIQUE,
          size INTEGER NOT NULL CHECK (size >= 0),
          sha256 TEXT NOT NULL,
          title TEXT NOT NULL,
          detector INTEGER NOT NULL REFERENCES detector (id)
        ) STRICT;
        CREATE INDEX artifactByTestRun ON artifact (testRun, role);

        CREATE TABLE "check" (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          subtask INTEGER NOT NULL REFERENCES subtask (id),
          name TEXT NOT NULL,
          quantity INTEGER REFERENCES quantity (id),
          place INTEGER NOT NULL REFERENCES place (id),
          value REAL,
          lower REAL,
          upper REAL,
          passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
          text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX checkByTestRun ON "check" (testRun);

        CREATE TABLE flag (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          subtask INTEGER NOT NULL REFERENCES subtask (id),
          name TEXT NOT NULL,
          severity TEXT NOT NULL CHECK (severity IN ('note', 'warning', 'error')),
          cause TEXT NOT NULL
        ) STRICT;
        CREATE INDEX flagByTestRun ON flag (testRun);

        CREATE TABLE verdict (
          id INTEGER PRIMARY KEY,
          testRun INTEGER NOT NULL REFERENCES testRun (id),
          state TEXT NOT NULL CHECK (state IN ('accepted', 'rejected', 'withdrawn')),
          reason TEXT NOT NULL,
          author TEXT NOT NULL,
          time TEXT NOT NULL
        ) STRICT;
        CREATE INDEX verdictByTestRun ON verdict (testRun, id);
        CREATE TRIGGER verdictStays BEFORE UPDATE ON verdict
          BEGIN SELECT RAISE (ABORT, 'verdicts are only added'); END;
        CREATE TRIGGER verdictKept BEFORE DELETE ON verdict
          BEGIN SELECT RAISE (ABORT, 'verdicts are only added'); END;

        CREATE VIEW results AS
          SELECT
            campaign.name AS campaign,
            block.name AS block,
            (SELECT slot.slot FROM slot
              WHERE slot.design = (SELECT value FROM setting WHERE name = 'focalPlaneDesign')
                AND slot.block = block.name AND slot.detector = detector.name) AS slot,
            testRun.test AS test,
            analysis.name AS analysis,
            NULLIF(detector.name, '') AS ccd,
            NULLIF(amplifier.name, '') AS quadrant,
            NULLIF(place.obsid, -1) AS obsid,
            NULLIF(item.name, '') AS item,
            quantity.name AS quantity,
            measurement.value AS value,
            measurement.uncertainty AS uncertainty,
            quantity.unit AS unit,
            (SELECT verdict.state FROM verdict WHERE verdict.testRun = testRun.id
              ORDER BY verdict.id DESC LIMIT 1) AS verdict,
            measurement.count AS count,
            reason.text AS reason,
            testRun.session AS session,
            testRun.started AS started,
            testRun.status AS status
          FROM quantity, testRun
            JOIN analysis ON analysis.id = testRun.analysis
            JOIN block ON block.id = testRun.block
            JOIN campaign ON campaign.id = block.campaign
            JOIN series ON series.testRun = testRun.id AND series.quantity = quantity.id
            CROSS JOIN measurement
              ON measurement.id BETWEEN series.id << 28 AND series.id << 28 | 268435455
            CROSS JOIN place ON place.id = measurement.id & 268435455
            CROSS JOIN detector ON detector.id = place.detector
            CROSS JOIN amplifier ON amplifier.id = place.amplifier
            CROSS JOIN item ON item.id = place.item
            LEFT JOIN reason ON reason.id = measurement.reason;
        """)
  }
}
