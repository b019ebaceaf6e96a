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
INSERT INTO "audio" VALUES('file:00000000000000000000000000000002','/music/2.flac',0,'0a1ac22f91432f5de929d42c73ebdbc6b18eb91784ccf292755922e3b529bac3',1000,'file',0,'2026-11-30T03:18:06+00:00',NULL);
INSERT INTO "audio" VALUES('file:00000000000000000000000000000003','/music/3.flac',0,'e9e5f8621a0c67dbe8d17fbc894e746a4df5916aae4543ae3798e81abf45f71a',1000,'file',0,'2026-11-30T03:18:06+00:00',NULL);
INSERT INTO "audio" VALUES('file:00000000000000000000000000000004','/music/4.flac',0,'e409f26dcc5b66b2241f00a70d60ee86be6600df2c7c19c207a0f4176660d15c',1000,'file',0,'2026-11-30T03:18:06+00:00',NULL);
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
INSERT INTO "embedding" VALUES('spotify:track:0000000000000000000001','choi-1',X'0000803F0000004000004040',X'0000803E0000003F','deezer','63bf0397fbdc1fd1f3fbec7642a9db005c24a9aa70ea89ac82a2dfb6deb48ead','2026-11-30T03:18:06+00:00');
INSERT INTO "embedding" VALUES('file:00000000000000000000000000000002','choi-1',X'0000803F0000004000004040',X'0000803E0000003F','file','0a1ac22f91432f5de929d42c73ebdbc6b18eb91784ccf292755922e3b529bac3','2026-11-30T03:18:06+00:00');
INSERT INTO "embedding" VALUES('file:00000000000000000000000000000003','choi-1',X'0000803F0000004000004040',X'0000803E0000003F','file','e9e5f8621a0c67dbe8d17fbc894e746a4df5916aae4543ae3798e81abf45f71a','2026-11-30T03:18:06+00:00');
INSERT INTO "embedding" VALUES('file:00000000000000000000000000000004','choi-1',X'0000803F0000004000004040',X'0000803E0000003F','file','e409f26dcc5b66b2241f00a70d60ee86be6600df2c7c19c207a0f4176660d15c','2026-11-30T03:18:06+00:00');
INSERT INTO "embedding" VALUES('file:00000000000000000000000000000002','choi-2',X'0000803F0000004000004040',X'0000803E0000003F','file','0a1ac22f91432f5de929d42c73ebdbc6b18eb91784ccf292755922e3b529bac3','2026-11-30T03:18:06+00:00');
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
, "sound" TEXT, "mount" TEXT);
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
INSERT INTO "track" VALUES('spotify:track:0000000000000000000001','Song 1','["Artist 1"]',NULL,NULL,200000,NULL,NULL,NULL,NULL,NULL,'artist 1	song 1','song 1 artist 1',1,'2026-11-30T03:18:06+00:00',1,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('file:00000000000000000000000000000002','Song 2','["Artist 2"]',NULL,NULL,200000,NULL,NULL,NULL,'/music/2.flac',NULL,'artist 2	song 2','song 2 artist 2',1,'2026-11-30T03:18:06+00:00',1,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('file:00000000000000000000000000000003','Song 3','["Artist 3"]',NULL,NULL,80000,NULL,NULL,NULL,'/music/3.flac',NULL,'artist 3	song 3','song 3 artist 3',1,'2026-11-30T03:18:06+00:00',1,NULL,NULL,NULL,NULL);
INSERT INTO "track" VALUES('file:00000000000000000000000000000004','Song 4','["Artist 4"]',NULL,NULL,NULL,NULL,NULL,NULL,'/music/4.flac',NULL,'artist 4	song 4','song 4 artist 4',1,'2026-11-30T03:18:06+00:00',1,NULL,NULL,NULL,NULL);
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
COMMIT;
pragma user_version = 8;
pragma application_id = 1397772116;
