-- Sets of columns that are never equal in two rows of a public table: checked in every file, they let it be joined.
ALTER TABLE resource ADD COLUMN keys jsonb NOT NULL DEFAULT '[]';
