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
INSERT INTO "audio" VALUES('deezer:track:0002','/cache/deezer-track-0002',1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1000,'deezer',0,'2026-11-24T10:00:00+00:00',NULL);
CREATE TABLE "collection" (
   "id" TEXT PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "url" TEXT,
   "crawled_at" TEXT
);
INSERT INTO "collection" VALUES('spotify:playlist:1','playlist','Mixtape',NULL,'2026-11-24T10:00:00+00:00');
CREATE TABLE "collection_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "position" INTEGER,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "position")
);
INSERT INTO "collection_track" VALUES('spotify:playlist:1',0,'deezer:track:0001');
INSERT INTO "collection_track" VALUES('spotify:playlist:1',1,'deezer:track:0002');
INSERT INTO "collection_track" VALUES('spotify:playlist:1',2,'deezer:track:0003');
INSERT INTO "collection_track" VALUES('spotify:playlist:1',3,'deezer:track:0004');
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
INSERT INTO "embedding" VALUES('deezer:track:0001','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','1111111111111111111111111111111111111111111111111111111111111111','2026-11-24T10:00:00+00:00');
INSERT INTO "embedding" VALUES('deezer:track:0003','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','3333333333333333333333333333333333333333333333333333333333333333','2026-11-24T10:00:00+00:00');
INSERT INTO "embedding" VALUES('deezer:track:0005','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','5555555555555555555555555555555555555555555555555555555555555555','2026-11-24T10:00:00+00:00');
INSERT INTO "embedding" VALUES('deezer:track:0006','choi-1',X'0000803F0000803F0000803F',X'0000003F0000003F','deezer','6666666666666666666666666666666666666666666666666666666666666666','2026-11-24T10:00:00+00:00');
CREATE TABLE "failure" (
   "track_id" TEXT REFERENCES "track"("id"),
   "stage" TEXT,
   "reason" TEXT NOT NULL,
   "message" TEXT NOT NULL,
   "attempts" INTEGER NOT NULL,
   "failed_at" TEXT NOT NULL,
   PRIMARY KEY ("track_id", "stage")
);
INSERT INTO "failure" VALUES('deezer:track:0002','extract','silent','it is silent',1,'2026-11-24T10:00:00+00:00');
CREATE TABLE "local_file" (
   "path" TEXT PRIMARY KEY,
   "n_bytes" INTEGER NOT NULL,
   "mtime_ns" INTEGER NOT NULL,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
);
INSERT INTO "local_file" VALUES('/music/song.flac',1000,1700000000000000000,'deezer:track:0005');
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
INSERT INTO "preview_outcome" VALUES('deezer:track:0003','deezer','absent','Deezer does not have it',NULL,'2026-11-24T10:00:00+00:00',NULL);
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
INSERT INTO "track" VALUES('deezer:track:0001','Halo','["Beyoncé"]',NULL,'USRC17607839',NULL,NULL,NULL,NULL,NULL,NULL,'beyonce	halo','halo beyonce',1,'2026-11-24T10:00:00+00:00',1,'Pop',NULL,80.0,NULL);
INSERT INTO "track" VALUES('deezer:track:0002','Halo - Digitally Remastered 2011','["Beyonce"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'beyonce	halo','halo digitally remastered 2011 beyonce',1,'2026-11-24T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0003','パパ','["きゃりー"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'きゃりー	ハハ','ハハ きゃりー',1,'2026-11-24T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0004','ハハ','["きゃりー"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'きゃりー	ハハ','ハハ きゃりー',1,'2026-11-24T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0005','Song 5','["Artist 5"]',NULL,NULL,NULL,NULL,NULL,NULL,'/music/song.flac',NULL,'artist 5	song 5','song 5 artist 5',1,'2026-11-24T10:00:00+00:00',1,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('deezer:track:0006','Untitled','[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'untitled',0,'2026-11-24T10:00:00+00:00',0,NULL,NULL,NULL,NULL);
CREATE TABLE "track_alias" (
   "alias" TEXT PRIMARY KEY,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
);
INSERT INTO "track_alias" VALUES('spotify:track:0000000000000000000001','deezer:track:0001');
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
PRAGMA user_version = 4;
PRAGMA application_id = 1397772116;
COMMIT;
