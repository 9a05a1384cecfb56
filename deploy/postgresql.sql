-- Two databases on one server, each with a role of its own that cannot open the other (design D1).
-- psql --set=app_password=… --set=tracker_password=… --file=deploy/postgresql.sql
-- Other names: --set=app=… --set=tracker=…
\set ON_ERROR_STOP on
\if :{?app} \else \set app cara \endif
\if :{?tracker} \else \set tracker cara_rasa \endif
CREATE ROLE :"app" LOGIN PASSWORD :'app_password';
CREATE ROLE :"tracker" LOGIN PASSWORD :'tracker_password';
CREATE DATABASE :"app" OWNER :"app" TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE :"tracker" OWNER :"tracker" TEMPLATE template0 ENCODING 'UTF8';
-- Whoever may log in may open a database, until that is taken back.
REVOKE ALL ON DATABASE :"app" FROM PUBLIC;
REVOKE ALL ON DATABASE :"tracker" FROM PUBLIC;
