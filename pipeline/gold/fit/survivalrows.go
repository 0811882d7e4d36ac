package fit

import (
	"context"
	"database/sql"

	"github.com/customer360/pipeline/pipeline/config"
)

// pooledSegment is the row of all segments together.
const pooledSegment = "ALL"

// survivalParameters fits the shifted-beta-geometric model per segment and to all
// segments together. Rows: segment, months lasted, left or still there, how many such.
// Written: segment, basis, status, alpha, beta, draws of both, churns, lifetimes. A
// segment with too few churns, or without an estimate of its own, has the pooled one.
func survivalParameters(_ context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error {
	s, err := newSettings(params)
	if err != nil {
		return err
	}
	var segments []string
	lives := map[string]*segmentLives{pooledSegment: {}}
	for rows.Next() {
		var segment string
		var months int
		var lost bool
		var customers float64
		if err := rows.Scan(&segment, &months, &lost, &customers); err != nil {
			return err
		}
		if lives[segment] == nil {
			segments = append(segments, segment)
			lives[segment] = &segmentLives{}
		}
		lives[segment].add(months, lost, customers)
		lives[pooledSegment].add(months, lost, customers)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	pooled, err := lives[pooledSegment].estimate(s, 1)
	if err != nil {
		return err
	}
	if err := write(pooled.values(pooledSegment, "pooled", lives[pooledSegment])...); err != nil {
		return err
	}
	for _, segment := range segments {
		own, err := lives[segment].estimate(s, s.minChurns)
		if err != nil {
			return err
		}
		basis := "own"
		if own.status != "ok" {
			own, basis = pooled, "pooled"
		}
		if err := write(own.values(segment, basis, lives[segment])...); err != nil {
			return err
		}
	}
	return nil
}

// segmentLives are the lifetimes of a segment, and how many they are.
type segmentLives struct {
	data      Lifetimes
	lifetimes float64
}

func (l *segmentLives) add(months int, lost bool, customers float64) {
	l.data.Add(months, lost, customers)
	l.lifetimes += customers
}

// survivalEstimate is a fitted model, or the reason why there is none.
type survivalEstimate struct {
	model  SBG
	draws  []SBG
	status string
}

func (l *segmentLives) estimate(s settings, minChurns float64) (survivalEstimate, error) {
	if l.data.Churns() < minChurns {
		return survivalEstimate{status: "too_few"}, nil
	}
	m, err := FitSBG(l.data)
	e := survivalEstimate{model: m}
	if e.status, err = reason(err); e.status == "ok" {
		e.draws = m.Draws(l.data, s.draws, seed)
	}
	return e, err
}

func (e survivalEstimate) values(segment, basis string, l *segmentLives) []any {
	churns, lifetimes := int64(l.data.Churns()), int64(l.lifetimes)
	if e.status != "ok" {
		return []any{segment, nil, e.status, nil, nil, nil, nil, churns, lifetimes}
	}
	alphas, betas := make([]float64, len(e.draws)), make([]float64, len(e.draws))
	for i, d := range e.draws {
		alphas[i], betas[i] = rounded(d.Alpha, parameterDigits), rounded(d.Beta, parameterDigits)
	}
	return []any{segment, basis, e.status, rounded(e.model.Alpha, parameterDigits), rounded(e.model.Beta, parameterDigits), alphas, betas, churns, lifetimes}
}
