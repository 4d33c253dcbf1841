package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cofactor-mfa/cofactor/factor"
)

// Reseal implements factor.Resealer, in one statement: rows that somebody else is writing are waited for, and then left as they are.
func (s *Store) Reseal(ctx context.Context, fs []factor.Factor) (int, error) {
	if len(fs) > factor.MaxReseal {
		return 0, errors.New("sqlstore: too many factors to reseal at once")
	}
	if len(fs) == 0 {
		return 0, ctx.Err()
	}
	args := make([]any, 0, 5*len(fs))
	for _, f := range fs {
		args = append(args, f.Tenant, f.UserID, f.ID, notNil(f.Data), f.Version)
	}
	res, err := s.db.ExecContext(ctx, reseal(s.sql.resealRow, len(fs)), args...)
	if err != nil {
		return 0, failed("reseal", err)
	}
	n, err := res.RowsAffected()
	return int(n), failed("reseal", err)
}

// reseal is the statement for so many rows, of which row is one with five parameters.
func reseal(row string, rows int) string {
	var b strings.Builder
	b.WriteString(`WITH v (tenant, user_id, id, data, version) AS (VALUES `)
	for i := range rows {
		if i > 0 {
			b.WriteString(`, `)
		}
		fmt.Fprintf(&b, row, 5*i+1, 5*i+2, 5*i+3, 5*i+4, 5*i+5)
	}
	b.WriteString(`) UPDATE cofactor_factor SET data = v.data, version = cofactor_factor.version + 1 FROM v
		WHERE cofactor_factor.tenant = v.tenant AND cofactor_factor.user_id = v.user_id AND cofactor_factor.id = v.id
		AND cofactor_factor.version = v.version`)
	return b.String()
}
