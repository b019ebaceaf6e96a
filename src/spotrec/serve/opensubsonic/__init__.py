"""OpenSubsonic under `/rest/`: what players of music servers speak (https://opensubsonic.netlify.app)."""
