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
INSERT INTO "audio" VALUES('spotify:track:0000000000000000000001','key-spotify:track:0000000000000000000001',1,'63bf0397fbdc1fd1f3fbec7642a9db005c24a9aa70ea89ac82a2dfb6deb48ead',1000,'deezer',0,'2026-11-30T05:26:46+00:00',NULL);
CREATE TABLE "collection" (
   "id" TEXT PRIMARY KEY,
   "kind" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "url" TEXT,
   "crawled_at" TEXT
);
INSERT INTO "collection" VALUES('folder:/music','folder','music',NULL,'2026-11-30T05:26:46+00:00');
CREATE TABLE "collection_track" (
   "collection_id" TEXT REFERENCES "collection"("id"),
   "position" INTEGER,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   PRIMARY KEY ("collection_id", "position")
);
INSERT INTO "collection_track" VALUES('folder:/music',0,'file:00000000000000000000000000000002');
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
   "created_at" TEXT NOT NULL, "excerpts" INTEGER NOT NULL DEFAULT 1, "has_more" INTEGER NOT NULL DEFAULT 0,
   PRIMARY KEY ("track_id", "model")
);
INSERT INTO "embedding" VALUES('spotify:track:0000000000000000000001','choi-1',X'F687913FBE10453F3E7D0A3F',X'6666663F0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C','deezer','63bf0397fbdc1fd1f3fbec7642a9db005c24a9aa70ea89ac82a2dfb6deb48ead','2026-11-30T05:26:46+00:00',1,0);
INSERT INTO "embedding" VALUES('file:00000000000000000000000000000002','choi-1',X'8524983F64AF663FE0A72E3F',X'0AD7233C6666663F0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C0AD7233C','deezer','0a1ac22f91432f5de929d42c73ebdbc6b18eb91784ccf292755922e3b529bac3','2026-11-30T05:26:46+00:00',1,0);
CREATE TABLE "failure" (
   "track_id" TEXT REFERENCES "track"("id"),
   "stage" TEXT,
   "reason" TEXT NOT NULL,
   "message" TEXT NOT NULL,
   "attempts" INTEGER NOT NULL,
   "failed_at" TEXT NOT NULL,
   PRIMARY KEY ("track_id", "stage")
);
CREATE TABLE "heard" (
   "track_id" TEXT REFERENCES "track"("id"),
   "heard_at" TEXT,
   "place" TEXT,
   PRIMARY KEY ("track_id", "heard_at", "place")
);
CREATE TABLE "local_file" (
   "path" TEXT PRIMARY KEY,
   "n_bytes" INTEGER NOT NULL,
   "mtime_ns" INTEGER NOT NULL,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
, "sound" TEXT, "mount" TEXT);
INSERT INTO "local_file" VALUES('/music/2.flac',1000,1700000000000000000,'file:00000000000000000000000000000002','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','/music');
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
CREATE TABLE "removed_track" (
   "id" TEXT PRIMARY KEY,
   "sound" TEXT
);
CREATE TABLE "server_item" (
   "server" TEXT,
   "item_id" TEXT,
   "track_id" TEXT NOT NULL REFERENCES "track"("id"),
   "path" TEXT,
   "n_bytes" INTEGER,
   "cover_id" TEXT,
   "musicbrainz_id" TEXT,
   "listed_at" TEXT NOT NULL,
   PRIMARY KEY ("server", "item_id")
);
CREATE TABLE "station" (
   "key" TEXT PRIMARY KEY,
   "name" TEXT NOT NULL,
   "wish" TEXT NOT NULL,
   "target" TEXT,
   "every_s" INTEGER NOT NULL,
   "added_at" TEXT NOT NULL,
   "begun_at" TEXT,
   "written_at" TEXT,
   "n_written" INTEGER,
   "address" TEXT
);
CREATE TABLE "taste" (
   "id" INTEGER PRIMARY KEY,
   "thing" TEXT NOT NULL,
   "verb" TEXT NOT NULL,
   "name" TEXT NOT NULL,
   "artists" TEXT NOT NULL,
   "track_id" TEXT,
   "source" TEXT NOT NULL,
   "said_at" TEXT NOT NULL
);
CREATE TABLE "taste_key" (
   "key" TEXT,
   "taste_id" INTEGER REFERENCES "taste"("id"),
   PRIMARY KEY ("key", "taste_id")
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
, "crawled_singly" INTEGER NOT NULL DEFAULT 0, "genre" TEXT, "mood" TEXT, "bpm" REAL, "musical_key" TEXT, "heard_bpm" REAL, "bpm_confidence" REAL, "heard_key" TEXT, "key_confidence" REAL, "heard_by" INTEGER);
INSERT INTO "track" VALUES('spotify:track:0000000000000000000001','Song 1','["Artist 1"]',NULL,'GBAYE0000001',NULL,NULL,NULL,NULL,NULL,NULL,'artist 1	song 1','song 1 artist 1',1,'2026-11-30T05:26:46+00:00',1,NULL,NULL,97.5,NULL,121.5,0.75,'Am',0.5,1);
INSERT INTO "track" VALUES('file:00000000000000000000000000000002','Song 2','["Artist 2"]',NULL,NULL,NULL,NULL,NULL,NULL,'/music/2.flac',NULL,'artist 2	song 2','song 2 artist 2',1,'2026-11-30T05:26:46+00:00',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE "track_alias" (
   "alias" TEXT PRIMARY KEY,
   "track_id" TEXT NOT NULL REFERENCES "track"("id")
);
INSERT INTO "track_alias" VALUES('deezer:track:1','spotify:track:0000000000000000000001');
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
CREATE INDEX "idx_local_file_sound"
    ON "local_file" ("sound");
CREATE INDEX "idx_local_file_mount"
    ON "local_file" ("mount");
CREATE INDEX "idx_track_path"
    ON "track" ("path");
CREATE INDEX "idx_audio_address"
    ON "audio" ("address");
CREATE INDEX "idx_removed_track_sound"
    ON "removed_track" ("sound");
CREATE INDEX idx_embedding_excerpts on embedding (model, excerpts, track_id, has_more) where has_more;
CREATE INDEX "idx_server_item_track_id"
    ON "server_item" ("track_id");
CREATE INDEX "idx_server_item_item_id"
    ON "server_item" ("item_id");
CREATE INDEX "idx_server_item_server_n_bytes"
    ON "server_item" ("server", "n_bytes");
CREATE INDEX "idx_taste_verb_thing"
    ON "taste" ("verb", "thing");
CREATE INDEX "idx_taste_key_taste_id"
    ON "taste_key" ("taste_id");
CREATE INDEX "idx_heard_heard_at"
    ON "heard" ("heard_at");
PRAGMA user_version = 13;
PRAGMA application_id = 1397772116;
COMMIT;
