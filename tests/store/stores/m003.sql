BEGIN TRANSACTION;
CREATE TABLE "audio" (
   "track_id" TEXT PRIMARY KEY REFERENCES "track"("id"),
   "address" TEXT NOT NULL,
   "owned" INTEGER NOT NULL,
   "sha256" TEXT NOT NULL,
   "n_bytes" INTEGER NOT NULL,
   "provider" TEXT NOT NULL,
   "keep" INTEGER NOT NULL,
   "stored_at" TEXT NOT NULL,
   "deleted_at" TEXT
);
CREATE TABLE "collection" (
   "id" TEXT PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "url" TEXT,
   "crawled_at" TEXT
);
CREATE TABLE "collection_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "position" INTEGER,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "position")
);
CREATE TABLE "discarded_audio" (
   "address" TEXT PRIMARY KEY
);
CREATE TABLE "dropped_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "track_id" TEXT REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "track_id")
);
CREATE TABLE "embedding" (
   "track_id" TEXT REFERENCES "track"("id"),
   "model" TEXT,
   "vector" BLOB NOT NULL,
   "tags" BLOB NOT NULL,
   "provider" TEXT NOT NULL,
   "audio_sha256" TEXT NOT NULL,
   "created_at" TEXT NOT NULL,
   PRIMARY KEY ("track_id", "model")
);
INSERT INTO "embedding" VALUES('deezer:track:0001','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','1111111111111111111111111111111111111111111111111111111111111111','2026-11-20T10:00:00+00:00');
INSERT INTO "embedding" VALUES('deezer:track:0002','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','2222222222222222222222222222222222222222222222222222222222222222','2026-11-20T10:00:00+00:00');
INSERT INTO "embedding" VALUES('deezer:track:0002','other-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','2222222222222222222222222222222222222222222222222222222222222222','2026-11-20T10:00:00+00:00');
INSERT INTO "embedding" VALUES('deezer:track:0003','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','3333333333333333333333333333333333333333333333333333333333333333','2026-11-20T10:00:00+00:00');
CREATE TABLE "failure" (
   "track_id" TEXT REFERENCES "track"("id"),
   "stage" TEXT,
   "reason" TEXT NOT NULL,
   "message" TEXT NOT NULL,
   "attempts" INTEGER NOT NULL,
   "failed_at" TEXT NOT NULL,
   PRIMARY KEY ("track_id", "stage")
);
CREATE TABLE "local_file" (
   "path" TEXT PRIMARY KEY,
   "n_bytes" INTEGER NOT NULL,
   "mtime_ns" INTEGER NOT NULL,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
);
CREATE TABLE "preview_outcome" (
   "track_id" TEXT REFERENCES "track"("id"),
   "provider" TEXT,
   "outcome" TEXT NOT NULL,
   "reason" TEXT,
   "reference" TEXT,
   "asked_at" TEXT NOT NULL,
   "ask_again_at" TEXT,
   PRIMARY KEY ("track_id", "provider")
);
CREATE TABLE "track" (
   "id" TEXT PRIMARY KEY,
   "title" TEXT NOT NULL,
   "artists" TEXT NOT NULL,
   "album" TEXT,
   "isrc" TEXT,
   "duration_ms" INTEGER,
   "release_date" TEXT,
   "explicit" INTEGER,
   "url" TEXT,
   "path" TEXT,
   "preview_url" TEXT,
   "recording_key" TEXT,
   "search_text" TEXT NOT NULL,
   "in_catalogue" INTEGER NOT NULL,
   "added_at" TEXT NOT NULL
, "crawled_singly" INTEGER NOT NULL DEFAULT 0, "genre" TEXT, "mood" TEXT, "bpm" REAL, "musical_key" TEXT);
INSERT INTO "track" VALUES('deezer:track:0001','Song 1','["Artist"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'song 1 artist',1,'2026-11-20T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0002','Song 2','["Artist"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'song 2 artist',0,'2026-11-20T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0003','Song 3','["Artist"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'song 3 artist',1,'2026-11-20T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
CREATE TABLE "track_alias" (
   "alias" TEXT PRIMARY KEY,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
);
CREATE UNIQUE INDEX "idx_track_isrc"
    ON "track" ("isrc");
CREATE INDEX "idx_track_recording_key"
    ON "track" ("recording_key");
CREATE INDEX "idx_collection_track_track_id"
    ON "collection_track" ("track_id");
CREATE INDEX "idx_audio_sha256"
    ON "audio" ("sha256");
CREATE INDEX "idx_embedding_audio_sha256"
    ON "embedding" ("audio_sha256");
CREATE INDEX "idx_dropped_track_track_id"
    ON "dropped_track" ("track_id");
CREATE INDEX "idx_track_alias_track_id"
    ON "track_alias" ("track_id");
CREATE INDEX "idx_local_file_track_id"
    ON "local_file" ("track_id");
PRAGMA user_version = 3;
PRAGMA application_id = 1397772116;
COMMIT;
