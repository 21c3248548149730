import GRDB

extension Schema {
  /// Schema version 2: products certified in collections for ranges of time.
  ///
  /// A range is closed-open, in nanoseconds of TAI since 1970; the least and the greatest integer
  /// stand for "open", since NULL would defeat comparisons. What a product is of is spelled out:
  /// camera and serial number where that is known, else camera, block and detector; '' stands for
  /// "none". The database itself refuses overlaps, products of another kind, cycles of chains, and
  /// that a certified product is changed or removed. `certification` says what holds now,
  /// `certificationEvent` how it came to be: one follows from the other, and `verify` compares them.
  static func createCertification(_ database: Database) throws {
    try database.execute(
      sql: """
        PRAGMA user_version = 2;

        CREATE TABLE collection (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE CHECK (name <> ''),
          kind TEXT NOT NULL CHECK (kind IN ('calibration', 'chained'))
        ) STRICT;
        CREATE TRIGGER collectionStays BEFORE UPDATE ON collection
          BEGIN SELECT RAISE (ABORT, 'collections are only added'); END;
        CREATE TRIGGER collectionKept BEFORE DELETE ON collection
          BEGIN SELECT RAISE (ABORT, 'collections are only added'); END;

        CREATE TABLE collectionMember (
          parent INTEGER NOT NULL REFERENCES collection (id),
          position INTEGER NOT NULL CHECK (position >= 0),
          child INTEGER NOT NULL REFERENCES collection (id),
          PRIMARY KEY (parent, position),
          UNIQUE (parent, child),
          CHECK (parent <> child)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER collectionMemberKind BEFORE INSERT ON collectionMember
          WHEN (SELECT kind FROM collection WHERE id = NEW.parent) IS NOT 'chained'
          BEGIN SELECT RAISE (ABORT, 'only a chained collection has members'); END;
        CREATE TRIGGER collectionMemberCycle BEFORE INSERT ON collectionMember
          WHEN NEW.parent IN (
            WITH RECURSIVE below (id) AS (
              SELECT NEW.child UNION
              SELECT m.child FROM collectionMember AS m JOIN below ON m.parent = below.id)
            SELECT id FROM below)
          BEGIN SELECT RAISE (ABORT, 'a chained collection would contain itself'); END;
        CREATE TRIGGER collectionMemberStays BEFORE UPDATE ON collectionMember
          BEGIN SELECT RAISE (ABORT, 'members are replaced as a whole'); END;

        CREATE TABLE collectionEvent (
          id INTEGER PRIMARY KEY,
          collection INTEGER NOT NULL REFERENCES collection (id),
          members TEXT NOT NULL,
          author TEXT NOT NULL CHECK (author <> ''),
          reason TEXT NOT NULL,
          time TEXT NOT NULL
        ) STRICT;
        CREATE INDEX collectionEventByCollection ON collectionEvent (collection, id);
        CREATE TRIGGER collectionEventStays BEFORE UPDATE ON collectionEvent
          BEGIN SELECT RAISE (ABORT, 'the journal is only added to'); END;
        CREATE TRIGGER collectionEventKept BEFORE DELETE ON collectionEvent
          BEGIN SELECT RAISE (ABORT, 'the journal is only added to'); END;

        CREATE TABLE certificationEvent (
          id INTEGER PRIMARY KEY,
          collection INTEGER NOT NULL REFERENCES collection (id),
          action TEXT NOT NULL CHECK (action IN ('certify', 'decertify')),
          path TEXT NOT NULL,
          sha256 TEXT NOT NULL,
          type TEXT NOT NULL,
          variant TEXT NOT NULL,
          camera TEXT NOT NULL,
          serial TEXT NOT NULL,
          block TEXT NOT NULL,
          detector TEXT NOT NULL,
          beginTAI INTEGER NOT NULL,
          endTAI INTEGER NOT NULL,
          forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
          author TEXT NOT NULL CHECK (author <> ''),
          reason TEXT NOT NULL CHECK (reason <> ''),
          time TEXT NOT NULL,
          CHECK (beginTAI < endTAI)
        ) STRICT;
        CREATE INDEX certificationEventByCollection ON certificationEvent (collection, id);
        CREATE TRIGGER certificationEventStays BEFORE UPDATE ON certificationEvent
          BEGIN SELECT RAISE (ABORT, 'the journal is only added to'); END;
        CREATE TRIGGER certificationEventKept BEFORE DELETE ON certificationEvent
          BEGIN SELECT RAISE (ABORT, 'the journal is only added to'); END;

        CREATE TABLE certification (
          id INTEGER PRIMARY KEY,
          collection INTEGER NOT NULL REFERENCES collection (id),
          artifact INTEGER NOT NULL REFERENCES artifact (id) ON DELETE RESTRICT,
          type TEXT NOT NULL,
          variant TEXT NOT NULL,
          camera TEXT NOT NULL,
          serial TEXT NOT NULL,
          block TEXT NOT NULL,
          detector TEXT NOT NULL,
          beginTAI INTEGER NOT NULL,
          endTAI INTEGER NOT NULL,
          event INTEGER NOT NULL REFERENCES certificationEvent (id),
          CHECK (beginTAI < endTAI),
          CHECK ((serial = '') = (block <> '')),
          CHECK (serial = '' OR detector = '')
        ) STRICT;
        CREATE UNIQUE INDEX certificationByData ON certification
          (collection, type, camera, serial, block, detector, variant, beginTAI, endTAI);
        CREATE INDEX certificationByArtifact ON certification (artifact);

        CREATE TRIGGER certificationFits BEFORE INSERT ON certification
          WHEN (SELECT kind FROM collection WHERE id = NEW.collection) IS NOT 'calibration'
            OR NOT EXISTS (
              SELECT 1 FROM artifact JOIN testRun ON testRun.id = artifact.testRun
                JOIN camera ON camera.id = testRun.camera
                JOIN block ON block.id = testRun.block
                JOIN detector ON detector.id = artifact.detector
                LEFT JOIN serial ON serial.testRun = testRun.id AND serial.detector = detector.id
                  AND detector.id <> 0
              WHERE artifact.id = NEW.artifact AND artifact.role = NEW.type
                AND camera.name = NEW.camera AND IFNULL(serial.serial, '') = NEW.serial
                AND (NEW.serial <> '' OR (block.name = NEW.block AND detector.name = NEW.detector)))
          BEGIN SELECT RAISE (ABORT, 'the product is not what its certification says'); END;
        CREATE TRIGGER certificationOverlaps BEFORE INSERT ON certification
          WHEN EXISTS (
            SELECT 1 FROM certification AS c
            WHERE c.collection = NEW.collection AND c.type = NEW.type AND c.camera = NEW.camera
              AND c.serial = NEW.serial AND c.block = NEW.block AND c.detector = NEW.detector
              AND c.variant = NEW.variant
              AND c.beginTAI < NEW.endTAI AND NEW.beginTAI < c.endTAI)
          BEGIN SELECT RAISE (ABORT, 'the range overlaps another certification'); END;
        CREATE TRIGGER certificationUpdateOverlaps BEFORE UPDATE ON certification
          WHEN EXISTS (
            SELECT 1 FROM certification AS c
            WHERE c.id <> OLD.id
              AND c.collection = NEW.collection AND c.type = NEW.type AND c.camera = NEW.camera
              AND c.serial = NEW.serial AND c.block = NEW.block AND c.detector = NEW.detector
              AND c.variant = NEW.variant
              AND c.beginTAI < NEW.endTAI AND NEW.beginTAI < c.endTAI)
          BEGIN SELECT RAISE (ABORT, 'the range overlaps another certification'); END;
        CREATE TRIGGER certificationKeepsProduct BEFORE UPDATE ON certification
          WHEN (NEW.id, NEW.collection, NEW.artifact, NEW.type, NEW.camera, NEW.serial, NEW.block,
              NEW.detector, NEW.variant)
            IS NOT (OLD.id, OLD.collection, OLD.artifact, OLD.type, OLD.camera, OLD.serial,
              OLD.block, OLD.detector, OLD.variant)
          BEGIN SELECT RAISE (ABORT, 'a certification keeps its product'); END;

        CREATE TRIGGER artifactCertifiedStays BEFORE UPDATE ON artifact
          WHEN EXISTS (SELECT 1 FROM certification WHERE artifact = OLD.id)
          BEGIN SELECT RAISE (ABORT, 'a certified product is never changed'); END;
        CREATE TRIGGER artifactCertifiedKept BEFORE DELETE ON artifact
          WHEN EXISTS (SELECT 1 FROM certification WHERE artifact = OLD.id)
          BEGIN SELECT RAISE (ABORT, 'a certified product is never removed'); END;

        CREATE VIEW certified AS
          SELECT
            collection.name AS collection,
            certification.type AS type,
            NULLIF(certification.variant, '') AS variant,
            certification.camera AS camera,
            block.name AS block,
            NULLIF(detector.name, '') AS ccd,
            NULLIF(certification.serial, '') AS serial,
            analysis.name AS analysis,
            testRun.test AS test,
            artifact.path AS path,
            artifact.sha256 AS sha256,
            artifact.size AS size,
            certification.beginTAI AS beginTAI,
            certification.endTAI AS endTAI,
            certificationEvent.author AS author,
            certificationEvent.reason AS reason,
            certificationEvent.time AS time,
            certificationEvent.forced AS forced
          FROM certification
            JOIN collection ON collection.id = certification.collection
            JOIN certificationEvent ON certificationEvent.id = certification.event
            JOIN artifact ON artifact.id = certification.artifact
            JOIN detector ON detector.id = artifact.detector
            JOIN testRun ON testRun.id = artifact.testRun
            JOIN analysis ON analysis.id = testRun.analysis
            JOIN block ON block.id = testRun.block;
        """)
  }
}
