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
INSERT INTO "audio" VALUES('deezer:track:0001','/music/song.flac',0,'sha of deezer:track:0001',1000,'deezer',0,'2026-11-29T22:48:53+00:00',NULL);
CREATE TABLE "collection" (
   "id" TEXT PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "url" TEXT,
   "crawled_at" TEXT
);
INSERT INTO "collection" VALUES('spotify:playlist:1','playlist','Mixtape','https://example.com','2026-11-29T22:48:53+00:00');
CREATE TABLE "collection_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "position" INTEGER,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "position")
);
INSERT INTO "collection_track" VALUES('spotify:playlist:1',0,'deezer:track:0001');
INSERT INTO "collection_track" VALUES('spotify:playlist:1',1,'deezer:track:0002');
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
INSERT INTO "embedding" VALUES('deezer:track:0001','choi-1',X'0000803F0000004000004040',X'0000803E0000003F','deezer','sha of deezer:track:0001','2026-11-29T22:48:53+00:00');
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
INSERT INTO "local_file" VALUES('/music/song.flac',1000,1700000000000000000,'deezer:track:0001');
CREATE TABLE "made_by" (
   "rules" TEXT PRIMARY KEY,
   "version" INTEGER NOT NULL
);
INSERT INTO "made_by" VALUES('recordings',1);
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
INSERT INTO "track" VALUES('deezer:track:0001','Song 1','["Artist 1"]','LP',NULL,NULL,NULL,NULL,NULL,'/music/song.flac',NULL,'artist 1	song 1','song 1 artist 1',1,'2026-11-29T22:48:53+00:00',0,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0002','Song 2','["Artist 2"]',NULL,'USRC17607839',NULL,NULL,NULL,NULL,NULL,NULL,'artist 2	song 2','song 2 artist 2',1,'2026-11-29T22:48:53+00:00',0,NULL,NULL,NULL,NULL);
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
CREATE INDEX "idx_embedding_model_track_id"
    ON "embedding" ("model", "track_id");
CREATE TRIGGER seed_is_crawled after update of in_catalogue on track
    when new.in_catalogue and not old.in_catalogue
    begin
        update embedding set rowid = (select max(rowid) from embedding) + (
            select count(*) from embedding as up_to where up_to.track_id = new.id and up_to.model <= embedding.model
        ) where track_id = new.id;
    end;
COMMIT;
pragma user_version = 5;
pragma application_id = 1397772116;
